sensor_test(sysctl core os entity host sensor output)
sensor_test(mount core os entity host sensor output)
sensor_test(module core os entity host sensor output)
sensor_test(firewall core os entity host sensor output)
