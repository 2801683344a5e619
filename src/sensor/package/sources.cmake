list(APPEND SENSOR_SOURCES
  src/sensor/package/package_linux.c
)
