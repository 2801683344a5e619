list(APPEND SENSOR_SOURCES
  src/sensor/sysctl/sysctl_conf.c
  src/sensor/sysctl/sysctl_config.c
  src/sensor/sysctl/sysctl_linux.c
  src/sensor/sysctl/sysctl_walk.c
)
