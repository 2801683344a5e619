if(WIN32 AND INVAR_TESTS) # one service manager for both of them
  watch_test(hearing_services core os entity policy host sensor watch)
  set_tests_properties(${INVAR_PREFIX}watch/hearing_services PROPERTIES RESOURCE_LOCK services)
endif()
