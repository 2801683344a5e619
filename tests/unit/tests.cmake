if(TARGET PkgConfig::CRYPTO)
  unit_test(sha256 core PkgConfig::CRYPTO)
endif()
