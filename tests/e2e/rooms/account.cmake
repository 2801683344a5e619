e2e_test(kind_account 90 CONTAINER)
