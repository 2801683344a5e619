sensor_test(windows_text core entity host sensor)
if(WIN32 AND INVAR_TESTS)
  add_executable(victim tests/windows/victim.c) # what tests play with
  target_link_options(victim PRIVATE -municode)
  target_link_libraries(victim PRIVATE house ws2_32)
  sensor_test(services_windows core os entity host sensor)
  target_sources(test_services_windows PRIVATE src/output/map.c src/output/value.c
    src/output/words.c)
  add_dependencies(test_services_windows victim)
endif()
