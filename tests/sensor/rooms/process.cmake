sensor_test(process_host core os entity host sensor output)
sensor_test(process_text core os entity sensor)
sensor_test(process core os entity host sensor output)
sensor_test(hidden core os entity host sensor output)
