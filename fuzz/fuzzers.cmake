fuzzer(escape core)
fuzzer(time core)
fuzzer(glob core)
