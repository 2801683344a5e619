# What is watched stands in the rooms of src/sensor, which call what src/change has.
function(kinds_test name)
  watch_test(${name} core os entity policy host sensor store change watch)
  if(TARGET test_${name})
    target_link_options(test_${name} PRIVATE LINKER:-u,scan_asks)
  endif()
endfunction()
kinds_test(kinds_live)
