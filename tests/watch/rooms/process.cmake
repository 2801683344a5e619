watch_test(who core os entity policy host sensor watch)
