list(APPEND SENSOR_SOURCES
  src/sensor/cron/cron_linux.c
)
