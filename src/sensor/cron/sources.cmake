list(APPEND SENSOR_SOURCES
  src/sensor/cron/task_text.c
  src/sensor/cron/task_xml.c
)
if(WIN32)
  list(APPEND SENSOR_SOURCES
    src/sensor/cron/tasks_windows.c
  )
else()
  list(APPEND SENSOR_SOURCES
    src/sensor/cron/cron_linux.c
    src/sensor/cron/sources_linux.c
    src/sensor/cron/timers_linux.c
    src/sensor/cron/program.c
    src/sensor/cron/shell.c
    src/sensor/cron/crontab.c
    src/sensor/cron/at_job.c
  )
endif()
