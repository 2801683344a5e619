list(APPEND SENSOR_SOURCES
  src/sensor/port/port_linux.c
)
