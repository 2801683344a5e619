sensor_test(user core os entity host sensor output)
