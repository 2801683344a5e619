# End to end under Wine, each in a prefix of its own. Each area lists its own in a file of rooms/.

# windows_test(NAME [SECONDS]): tests/windows/NAME.sh, one behaviour of invar.exe as people use it.
function(windows_test name)
  if(NOT WIN32 OR NOT INVAR_TESTS)
    return()
  endif()
  set(seconds 120 ${ARGN})
  list(GET seconds -1 seconds)
  math(EXPR seconds "3 * ${seconds}") # as in tests/tests.cmake
  set(test ${INVAR_PREFIX}windows/${name})
  add_test(NAME ${test} COMMAND tests/windows/${name}.sh WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${test} PROPERTIES LABELS windows TIMEOUT ${seconds} SKIP_RETURN_CODE 77
    FIXTURES_REQUIRED wine
    ENVIRONMENT "INVAR=${CMAKE_BINARY_DIR}/invar.exe;BUILD=${CMAKE_BINARY_DIR}")
endfunction()

file(GLOB lists CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/windows/rooms/*.cmake)
foreach(list ${lists})
  include(${list})
endforeach()
