list(APPEND SENSOR_SOURCES
  src/sensor/module/module_linux.c
)
