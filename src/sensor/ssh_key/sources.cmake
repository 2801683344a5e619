list(APPEND SENSOR_SOURCES
  src/sensor/ssh_key/ssh_key_linux.c
)
