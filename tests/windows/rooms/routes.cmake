windows_test(routes 120)
