list(APPEND SENSOR_SOURCES
  src/sensor/service/service_linux.c
)
