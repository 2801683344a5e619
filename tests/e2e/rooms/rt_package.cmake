e2e_test(rt_package 400 CONTAINER)
