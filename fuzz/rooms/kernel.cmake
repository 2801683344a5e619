fuzzer(sysctl_conf core sensor)
