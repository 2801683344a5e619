list(APPEND SENSOR_SOURCES
  src/sensor/firewall/firewall_linux.c
)
