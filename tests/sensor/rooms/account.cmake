sensor_test(user core os entity host sensor output)
sensor_test(ssh_key core os entity host sensor output)
sensor_test(sudo_rule core os entity host sensor output)
sensor_test(pam_rule core os entity host sensor output)
sensor_test(windows_settings core entity host sensor)
if(WIN32) # its netapi32.dll is the one of tests/windows/fake: both in a folder of their own
  sensor_test(accounts_windows core os entity host sensor output)
endif()
if(TARGET test_accounts_windows)
  set(folder ${CMAKE_BINARY_DIR}/accounts)
  add_library(fake_netapi32 SHARED tests/windows/fake/netapi32.c)
  target_compile_definitions(fake_netapi32 PRIVATE UNICODE _UNICODE _WIN32_WINNT=0x0A00)
  set_target_properties(fake_netapi32 PROPERTIES PREFIX "" OUTPUT_NAME netapi32
    RUNTIME_OUTPUT_DIRECTORY ${folder} ARCHIVE_OUTPUT_DIRECTORY ${folder})
  set_target_properties(test_accounts_windows PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${folder})
  add_dependencies(test_accounts_windows fake_netapi32)
  set_property(TEST ${INVAR_PREFIX}sensor/accounts_windows APPEND PROPERTY ENVIRONMENT
    "WINEDLLOVERRIDES=netapi32=n")
endif()
