fuzzer(sysctl_conf core sensor)
fuzzer(mount_info core sensor)
fuzzer(module_text core sensor)
fuzzer(module_sign core sensor)
