e2e_test(rt_files 180)
e2e_test(rt_loss 600)
e2e_test(rt_crash 300)
e2e_test(rt_soak 180)
