fuzzer(cert_x509 core sensor)
fuzzer(cert_keys core sensor)
fuzzer(container_json core entity sensor)
fuzzer(container_text core entity sensor)
