list(APPEND SENSOR_SOURCES
  src/sensor/mount/mount_info.c
  src/sensor/mount/mount_linux.c
)
