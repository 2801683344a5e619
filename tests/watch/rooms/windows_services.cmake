if(WIN32 AND INVAR_TESTS)
  watch_test(hearing_services core os entity policy host sensor watch)
endif()
