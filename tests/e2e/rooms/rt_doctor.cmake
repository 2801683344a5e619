e2e_test(rt_doctor 120 ALONE)
