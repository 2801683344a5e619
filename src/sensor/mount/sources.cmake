list(APPEND SENSOR_SOURCES
  src/sensor/mount/mount_linux.c
)
