list(APPEND SENSOR_SOURCES
  src/sensor/cron/cron_linux.c
  src/sensor/cron/sources_linux.c
  src/sensor/cron/timers_linux.c
  src/sensor/cron/program.c
  src/sensor/cron/shell.c
  src/sensor/cron/crontab.c
  src/sensor/cron/at_job.c
)
