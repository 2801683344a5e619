e2e_test(rt_proof 120)
