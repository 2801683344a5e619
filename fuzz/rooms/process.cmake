fuzzer(process_parse core os entity host)
fuzzer(process_text core os entity host sensor)
fuzzer(hidden_view core os entity host sensor)
fuzzer(who core entity)
