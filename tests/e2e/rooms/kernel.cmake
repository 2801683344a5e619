e2e_test(kind_kernel 90)
e2e_test(covered 90 BESIDE)
