windows_test(wmi 120)
