# The sources are the same in every preset: they are judged once, in the one without a prefix.
if(NOT INVAR_PREFIX)
  foreach(check layers pure sizes banned todo format guards headers listed fuzzers scripts links)
    add_test(NAME house/${check} COMMAND tests/house/house.py ${check}
      WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    testing(house/${check} house)
    set_tests_properties(house/${check} PROPERTIES SKIP_RETURN_CODE 77)
  endforeach()
  add_test(NAME house/self COMMAND tests/house/house.py --self WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  testing(house/self house)
endif()
if(TARGET invar AND NOT INVAR_SANITIZE AND NOT INVAR_FUZZ AND NOT INVAR_COVER)
  script_test(house artefact 60)
endif()
