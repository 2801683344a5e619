sensor_test(sysctl core os entity host sensor output)
