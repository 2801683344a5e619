sensor_test(registry_text core sensor)
if(WIN32) # its own doors and policy, so only the room is linked
  sensor_test(registry_windows core os entity host sensor)
endif()
