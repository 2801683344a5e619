windows_test(services 90)
windows_test(processes 90)
