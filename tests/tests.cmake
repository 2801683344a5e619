# What ctest runs. Labels: unit store sensor fuzz house e2e; names: PREFIX FOLDER/NAME.

# testing(NAME LABEL [SECONDS]): what every test has in common.
function(testing name label)
  if(ARGC GREATER 2)
    set(seconds ${ARGV2})
  else()
    set(seconds 900) # for what hangs; asan/sensor/process took 300 beside others, and alone 20
  endif()
  set_tests_properties(${INVAR_PREFIX}${name} PROPERTIES LABELS ${label} TIMEOUT ${seconds})
  if(WIN32)
    set_tests_properties(${INVAR_PREFIX}${name} PROPERTIES ENVIRONMENT "${WINE_ENVIRONMENT}"
      FIXTURES_REQUIRED wine)
    if(NOT label STREQUAL "unit") # they share one registry, and one service manager
      set_tests_properties(${INVAR_PREFIX}${name} PROPERTIES RESOURCE_LOCK wine)
    endif()
  endif()
endfunction()

# A Wine prefix for all test programs, copied from the template that scripts copy, too; its server is
# kept while they run.
if(WIN32 AND INVAR_TESTS)
  set(WINE_ENVIRONMENT "WINEDEBUG=-all;LC_ALL=C.UTF-8;DISPLAY=;WINEPREFIX=${CMAKE_BINARY_DIR}/wine"
    "WINEDLLOVERRIDES=mscoree,mshtml,winedbg.exe=")
  add_test(NAME ${INVAR_PREFIX}wine COMMAND tests/windows/wine begin ${CMAKE_BINARY_DIR}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  add_test(NAME ${INVAR_PREFIX}wine-end COMMAND tests/windows/wine end ${CMAKE_BINARY_DIR}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${INVAR_PREFIX}wine PROPERTIES FIXTURES_SETUP wine LABELS unit TIMEOUT 400)
  set_tests_properties(${INVAR_PREFIX}wine-end PROPERTIES FIXTURES_CLEANUP wine LABELS unit)
endif()

include(tests/linux_only.cmake)
# test_program(FOLDER NAME layer…): builds tests/FOLDER/test_NAME.c and runs it.
function(test_program folder name)
  if(NOT INVAR_TESTS)
    return()
  endif()
  if(WIN32 AND ${folder}/${name} IN_LIST LINUX_ONLY)
    return()
  endif()
  add_executable(test_${name} tests/${folder}/test_${name}.c)
  target_link_libraries(test_${name} PRIVATE ${ARGN} house PkgConfig::CMOCKA)
  add_test(NAME ${INVAR_PREFIX}${folder}/${name} COMMAND test_${name}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  testing(${folder}/${name} ${folder})
endfunction()
# wrapped(NAME FUNCTION): what calls FUNCTION calls __wrap_FUNCTION of tests/…/test_NAME.c instead, for
# which __real_FUNCTION is the real one.
function(wrapped name function)
  if(TARGET test_${name})
    target_link_options(test_${name} PRIVATE LINKER:--wrap=${function})
  endif()
endfunction()
function(unit_test name)
  test_program(unit ${name} ${ARGN})
endfunction()
function(store_test name)
  test_program(store ${name} ${ARGN})
endfunction()
function(sensor_test name)
  test_program(sensor ${name} ${ARGN})
endfunction()

function(watch_test name)
  test_program(watch ${name} ${ARGN})
endfunction()
function(agent_test name)
  test_program(agent ${name} ${ARGN})
endfunction()

# fuzzer(NAME layer…): fuzz/fuzz_NAME.c. In the preset fuzz it is a libFuzzer program, everywhere
# else a plain one that is given every file of its corpus.
function(fuzzer name)
  if(NOT INVAR_TESTS OR WIN32)
    return()
  endif()
  set(corpus ${CMAKE_SOURCE_DIR}/fuzz/corpus/${name})
  add_executable(fuzz_${name} fuzz/fuzz_${name}.c)
  target_link_libraries(fuzz_${name} PRIVATE ${ARGN} house)
  if(INVAR_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    add_test(NAME ${INVAR_PREFIX}fuzz/${name} COMMAND fuzz_${name} -runs=0 ${corpus})
  else()
    target_sources(fuzz_${name} PRIVATE fuzz/replay.c)
    add_test(NAME ${INVAR_PREFIX}fuzz/${name} COMMAND fuzz_${name} ${corpus})
  endif()
  testing(fuzz/${name} fuzz)
endfunction()

# script_test(FOLDER NAME SECONDS [ALONE]): tests/FOLDER/NAME.sh, which gets the program as $INVAR, the
# build folder as $BUILD, and the sources as its working folder; status 77 means "cannot run here". What
# takes longest begins first. SECONDS is what it takes at most on a quiet machine; it is ended after three
# times that: for hanging, not for being slow. A script looks at nothing but what is its own, so that
# others may run beside it, only not itself as built by another preset; one that judges the whole machine
# runs ALONE, at the end.
function(script_test folder name seconds)
  set(test ${INVAR_PREFIX}${folder}/${name})
  math(EXPR limit "3 * ${seconds}")
  add_test(NAME ${test} COMMAND tests/${folder}/${name}.sh WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${test} PROPERTIES LABELS ${folder} TIMEOUT ${limit} SKIP_RETURN_CODE 77
    ENVIRONMENT "INVAR=${CMAKE_BINARY_DIR}/invar;BUILD=${CMAKE_BINARY_DIR}")
  if("ALONE" IN_LIST ARGN)
    set_tests_properties(${test} PROPERTIES RUN_SERIAL ON)
  else()
    set_tests_properties(${test} PROPERTIES COST ${seconds} RESOURCE_LOCK ${folder}/${name})
  endif()
endfunction()
# e2e_test(NAME SECONDS [ALONE] [CONTAINER]): tests/e2e/NAME.sh, one behaviour of the program as people
# use it. CONTAINER: after e2e/container_base, and one at a time: the programs that systemd puts into the
# kernel are seen in the next container as well.
function(e2e_test name seconds)
  if(NOT TARGET invar OR WIN32)
    return()
  endif()
  script_test(e2e ${name} ${seconds} ${ARGN})
  if("CONTAINER" IN_LIST ARGN)
    set_tests_properties(${INVAR_PREFIX}e2e/${name} PROPERTIES RESOURCE_LOCK "e2e/${name};container"
      DEPENDS ${INVAR_PREFIX}e2e/container_base)
  endif()
endfunction()

include(tests/unit/tests.cmake)
include(tests/store/tests.cmake)
include(tests/sensor/tests.cmake OPTIONAL)
include(tests/watch/tests.cmake)
include(tests/agent/tests.cmake)
include(tests/e2e/tests.cmake OPTIONAL)
include(tests/windows/tests.cmake)
include(tests/house/tests.cmake)
include(fuzz/fuzzers.cmake OPTIONAL)
