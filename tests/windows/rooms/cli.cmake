windows_test(cli 120)
