fuzzer(format output)
