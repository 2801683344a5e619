sensor_test(file_points change)
sensor_test(file_kept change)
sensor_test(file_windows sensor)
