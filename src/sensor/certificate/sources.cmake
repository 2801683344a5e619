list(APPEND SENSOR_SOURCES
  src/sensor/certificate/certificate_linux.c
)
