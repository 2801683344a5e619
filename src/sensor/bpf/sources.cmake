list(APPEND SENSOR_SOURCES
  src/sensor/bpf/bpf_linux.c
)
