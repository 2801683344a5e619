e2e_test(kind_package 180 CONTAINER)
