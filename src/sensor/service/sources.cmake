list(APPEND SENSOR_SOURCES
  src/sensor/service/service_scm.c
)
if(WIN32)
  list(APPEND SENSOR_SOURCES
    src/sensor/service/service_windows.c
  )
else()
  list(APPEND SENSOR_SOURCES
    src/sensor/service/service_linux.c
    src/sensor/service/service_bus.c
    src/sensor/service/service_settings.c
    src/sensor/service/service_state.c
    src/sensor/service/scripts_linux.c
    src/sensor/service/lsb.c
    src/sensor/service/preset.c
    src/sensor/service/preset_linux.c
  )
endif()
