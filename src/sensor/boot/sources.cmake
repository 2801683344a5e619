list(APPEND SENSOR_SOURCES
  src/sensor/boot/boot_linux.c
)
