fuzzer(process_parse core os entity host)
