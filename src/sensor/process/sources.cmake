if(WIN32)
  list(APPEND SENSOR_SOURCES
    src/sensor/process/process_windows.c
  )
else()
  list(APPEND SENSOR_SOURCES
    src/sensor/process/process_command.c
    src/sensor/process/process_file.c
    src/sensor/process/process_linux.c
    src/sensor/process/process_look.c
    src/sensor/process/process_maps.c
    src/sensor/process/process_origin.c
    src/sensor/process/process_script.c
    src/sensor/process/process_status.c
  )
endif()
