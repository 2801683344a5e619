sensor_test(wmi_row core entity sensor)
