e2e_test(rt_kinds 300 ALONE)
e2e_test(rt_services 300 CONTAINER)
