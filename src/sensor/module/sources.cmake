if(WIN32)
  list(APPEND SENSOR_SOURCES
    src/sensor/module/module_windows.c
  )
else()
  list(APPEND SENSOR_SOURCES
    src/sensor/module/module_facts.c
    src/sensor/module/module_hidden.c
    src/sensor/module/module_linux.c
    src/sensor/module/module_sign.c
    src/sensor/module/module_text.c
    src/sensor/module/module_views.c
  )
endif()
