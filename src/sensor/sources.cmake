# Each room lists its own files.
set(SENSOR_SOURCES
  src/sensor/gap.c
)
if(WIN32)
  list(APPEND SENSOR_SOURCES
    src/sensor/sensors_windows.c
  )
else()
  list(APPEND SENSOR_SOURCES
    src/sensor/sensors_linux.c
  )
endif()
set(rooms certificate cron file firewall module package port process registry service user wmi)
if(NOT WIN32)
  list(APPEND rooms boot bpf container hidden mount pam_rule ssh_key sudo_rule sysctl)
endif()
foreach(room ${rooms})
  include(src/sensor/${room}/sources.cmake)
endforeach()
