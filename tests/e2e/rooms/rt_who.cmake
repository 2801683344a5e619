e2e_test(rt_who 150)
