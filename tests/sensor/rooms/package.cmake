sensor_test(package_dpkg core os entity host sensor output)
