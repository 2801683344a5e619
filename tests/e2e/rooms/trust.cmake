e2e_test(kind_trust 90 ALONE)
