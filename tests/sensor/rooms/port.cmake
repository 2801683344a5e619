sensor_test(bpf_iter core os entity host sensor output)
sensor_test(btf core host)
