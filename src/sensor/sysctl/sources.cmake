list(APPEND SENSOR_SOURCES
  src/sensor/sysctl/sysctl_linux.c
)
