e2e_test(rt_confined 180 ALONE)
e2e_test(rt_reload 120)
e2e_test(rt_service 180)

# The program under the collector's confinement.
if(TARGET invar)
  add_executable(e2e_confined tests/e2e/tools/confined.c)
  target_link_libraries(e2e_confined PRIVATE cli agent)
  set_target_properties(e2e_confined PROPERTIES OUTPUT_NAME invar
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/e2e/confined)
endif()
