# End-to-end tests: e2e_test(NAME SECONDS) runs tests/e2e/NAME.sh; see tests/tests.cmake.
if(WIN32) # tests/windows
  return()
endif()
e2e_test(container_base 900)
e2e_test(quiet 900 CONTAINER)
e2e_test(quiet_host 300 ALONE)
e2e_test(rules 60)
e2e_test(import 60)
e2e_test(cli 300)
e2e_test(oracle 300)
e2e_test(expect 60)
e2e_test(drift 60)
e2e_test(crash 300)
e2e_test(tamper 120)
e2e_test(proof 60)

# e2e_tool(NAME): tests/e2e/tools/NAME.c, a troublemaker of its own, as $BUILD/e2e/NAME.
function(e2e_tool name)
  if(NOT TARGET invar)
    return()
  endif()
  add_executable(e2e_${name} tests/e2e/tools/${name}.c)
  target_link_libraries(e2e_${name} PRIVATE house)
  set_target_properties(e2e_${name} PROPERTIES OUTPUT_NAME ${name}
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/e2e)
endfunction()
e2e_tool(file_changer)
e2e_tool(file_maker)
e2e_tool(fuse_server)
e2e_tool(lease_holder)
e2e_tool(swapper)

e2e_test(hostile 120)
e2e_test(hostile_hang 180)
e2e_test(hostile_mounts 120)
e2e_test(hostile_size 300)

# Each room of src/sensor lists its own in a file of rooms/.
file(GLOB lists CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/e2e/rooms/*.cmake)
foreach(list ${lists})
  include(${list})
endforeach()
