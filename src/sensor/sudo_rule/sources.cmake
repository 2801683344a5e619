list(APPEND SENSOR_SOURCES
  src/sensor/sudo_rule/doas.c
  src/sensor/sudo_rule/sudo_lines.c
  src/sensor/sudo_rule/sudo_rule_linux.c
  src/sensor/sudo_rule/sudo_spec.c
)
