sensor_test(certificate core os entity host sensor output)
sensor_test(container core os entity host sensor output)
