agent_test(format output)
agent_test(route agent)
if(TARGET test_format)
  target_sources(test_format PRIVATE tests/agent/fixed.c)
  add_test(NAME ${INVAR_PREFIX}agent/golden
    COMMAND python3 tests/agent/golden/check.py WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  testing(agent/golden agent)

endif()
if(TARGET test_route)
  target_sources(test_route PRIVATE tests/agent/ledger_fake.c)

  # For tests/e2e/rt_routes.sh.
  add_executable(link_driver tests/agent/link_driver.c tests/agent/ledger_fake.c)
  target_link_libraries(link_driver PRIVATE agent house)
  set_target_properties(link_driver PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/e2e)
endif()
