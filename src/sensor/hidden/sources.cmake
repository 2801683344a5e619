list(APPEND SENSOR_SOURCES
  src/sensor/hidden/hidden_folder.c
  src/sensor/hidden/hidden_linux.c
  src/sensor/hidden/hidden_mount.c
  src/sensor/hidden/hidden_process.c
  src/sensor/hidden/hidden_sockets.c
  src/sensor/hidden/hidden_view.c
)
