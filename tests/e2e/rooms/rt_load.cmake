e2e_test(rt_files 180)
e2e_test(rt_loss 600)
if(TARGET invar)
  add_library(e2e_other_clock MODULE tests/e2e/tools/other_clock.c)
  set_target_properties(e2e_other_clock PROPERTIES OUTPUT_NAME other_clock PREFIX ""
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/e2e)
endif()
e2e_test(rt_crash 300)
e2e_test(rt_soak 180)
