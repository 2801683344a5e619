sensor_test(file_points change)
