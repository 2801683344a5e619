store_test(tree store)
store_test(fault store)
store_test(store store)
store_test(baseline store)
