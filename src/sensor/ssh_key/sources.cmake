list(APPEND SENSOR_SOURCES
  src/sensor/ssh_key/authorized.c
  src/sensor/ssh_key/key_set.c
  src/sensor/ssh_key/server.c
  src/sensor/ssh_key/ssh_key_linux.c
)
