e2e_test(rt_kinds 300)
