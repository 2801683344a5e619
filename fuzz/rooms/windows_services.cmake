fuzzer(command_line core host)
