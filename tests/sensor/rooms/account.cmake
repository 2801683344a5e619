sensor_test(user core os entity host sensor output)
sensor_test(ssh_key core os entity host sensor output)
sensor_test(sudo_rule core os entity host sensor output)
sensor_test(pam_rule core os entity host sensor output)
