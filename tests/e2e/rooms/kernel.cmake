e2e_test(kind_kernel 90)
