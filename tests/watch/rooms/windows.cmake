if(WIN32)
  watch_test(hearing core os entity policy watch)
endif()
