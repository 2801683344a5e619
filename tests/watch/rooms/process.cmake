watch_test(who core os entity policy host sensor watch)
watch_test(process_table core os entity policy host sensor watch)
watch_test(groups core os entity policy host sensor watch)
