fuzzer(fan_event watch core)
fuzzer(mount_map watch core)
