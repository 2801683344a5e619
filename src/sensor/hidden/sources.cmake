list(APPEND SENSOR_SOURCES
  src/sensor/hidden/hidden_linux.c
)
