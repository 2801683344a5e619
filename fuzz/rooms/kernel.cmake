fuzzer(sysctl_conf core sensor)
fuzzer(mount_info core sensor)
