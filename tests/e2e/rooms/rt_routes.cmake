e2e_test(rt_routes 300)
