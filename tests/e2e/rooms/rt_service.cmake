e2e_test(rt_service 180)
