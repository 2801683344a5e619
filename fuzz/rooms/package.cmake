fuzzer(package_dpkg core host)
fuzzer(package_apk core host)
fuzzer(package_language core host)
fuzzer(package_rpm core host)
