fuzzer(cert_x509 core sensor)
fuzzer(cert_keys core sensor)
