sensor_test(host core os entity host sensor output)
