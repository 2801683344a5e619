list(APPEND SENSOR_SOURCES
  src/sensor/pam_rule/pam_conf.c
  src/sensor/pam_rule/pam_rule_linux.c
)
