if(WIN32)
  watch_test(hearing_services core os entity policy host sensor watch)
endif()
