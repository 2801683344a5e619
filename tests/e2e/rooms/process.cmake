e2e_test(kind_process 120 ALONE)
