windows_test(routes 180)
