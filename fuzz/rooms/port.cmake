fuzzer(btf host)
