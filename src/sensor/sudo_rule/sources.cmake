list(APPEND SENSOR_SOURCES
  src/sensor/sudo_rule/sudo_rule_linux.c
)
