store_test(tree store)
