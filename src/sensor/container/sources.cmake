list(APPEND SENSOR_SOURCES
  src/sensor/container/container_bundle.c
  src/sensor/container/container_docker.c
  src/sensor/container/container_fill.c
  src/sensor/container/container_json.c
  src/sensor/container/container_linux.c
  src/sensor/container/container_oci.c
  src/sensor/container/container_system.c
  src/sensor/container/container_text.c
)
