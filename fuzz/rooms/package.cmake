fuzzer(package_dpkg core host)
