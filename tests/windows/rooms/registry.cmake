windows_test(registry 120)
