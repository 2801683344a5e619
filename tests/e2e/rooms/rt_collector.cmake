e2e_test(rt_proof 120)
e2e_test(rt_watch 120)
