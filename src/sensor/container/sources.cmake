list(APPEND SENSOR_SOURCES
  src/sensor/container/container_linux.c
)
