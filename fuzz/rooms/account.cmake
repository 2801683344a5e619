fuzzer(account_line core os entity host sensor)
