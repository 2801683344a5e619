list(APPEND SENSOR_SOURCES
  src/sensor/package/delivered_linux.c
  src/sensor/package/package_linux.c
)
