list(APPEND SENSOR_SOURCES
  src/sensor/process/process_linux.c
)
