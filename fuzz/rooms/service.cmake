fuzzer(unit_file core host)
fuzzer(crontab core sensor)
fuzzer(at_job core sensor)
fuzzer(lsb core sensor)
