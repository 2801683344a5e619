e2e_test(rt_kinds 300)
e2e_test(rt_services 300)
