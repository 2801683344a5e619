sensor_test(package_dpkg core os entity host sensor output)
sensor_test(package_renew core os entity host sensor output)
sensor_test(package_other core os entity host sensor output)
sensor_test(package_rpm core os entity host sensor output)
