# Each room lists its own files.
set(SENSOR_SOURCES
  src/sensor/gap.c
  src/sensor/sensors_linux.c
)
foreach(room boot bpf certificate container cron file firewall hidden module mount package pam_rule port process registry service ssh_key sudo_rule sysctl user wmi)
  include(src/sensor/${room}/sources.cmake)
endforeach()
