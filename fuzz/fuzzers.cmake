fuzzer(escape core)
fuzzer(time core)
