list(APPEND SENSOR_SOURCES
  src/sensor/bpf/bpf_holders_linux.c
  src/sensor/bpf/bpf_info.c
  src/sensor/bpf/bpf_links_linux.c
  src/sensor/bpf/bpf_linux.c
  src/sensor/bpf/bpf_pins_linux.c
)
