e2e_test(kind_kernel 90 ALONE)
e2e_test(covered 90)
