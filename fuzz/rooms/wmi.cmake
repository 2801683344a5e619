fuzzer(wmi_row core entity sensor)
