sensor_test(windows_text core entity host sensor)
