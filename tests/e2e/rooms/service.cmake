e2e_test(kind_service 120 CONTAINER)
