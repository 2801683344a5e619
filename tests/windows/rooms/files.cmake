windows_test(files 120)
