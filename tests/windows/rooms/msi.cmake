windows_test(msi 180)
