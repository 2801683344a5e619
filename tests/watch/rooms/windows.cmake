if(WIN32)
  watch_test(hearing core os entity policy watch)
  watch_test(hearing_registry core os entity watch)
endif()
