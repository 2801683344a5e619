fuzzer(account_line core os entity host sensor)
fuzzer(ssh_key core os entity host sensor)
fuzzer(sudoers core os entity host sensor)
fuzzer(pam_conf core os entity host sensor)
