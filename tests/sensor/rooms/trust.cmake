sensor_test(certificate core os entity host sensor output)
