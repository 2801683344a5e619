sensor_test(process_host core os entity host sensor output)
