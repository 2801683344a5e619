# Each room lists its own files.
set(SENSOR_SOURCES
  src/sensor/gap.c
)
if(WIN32)
  list(APPEND SENSOR_SOURCES src/sensor/sensors_windows.c)
else()
  list(APPEND SENSOR_SOURCES src/sensor/sensors_linux.c)
endif()
foreach(room boot bpf certificate container cron file firewall hidden module mount package pam_rule port process service ssh_key sudo_rule sysctl user wmi)
  include(src/sensor/${room}/sources.cmake)
endforeach()
