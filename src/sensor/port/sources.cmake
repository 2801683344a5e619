if(WIN32)
  list(APPEND SENSOR_SOURCES
    src/sensor/port/port_windows.c
  )
else()
  list(APPEND SENSOR_SOURCES
    src/sensor/port/dbus_linux.c
    src/sensor/port/dbus_service.c
    src/sensor/port/diag.c
    src/sensor/port/dump_linux.c
    src/sensor/port/emit.c
    src/sensor/port/late_linux.c
    src/sensor/port/mount_text.c
    src/sensor/port/owners_linux.c
    src/sensor/port/owners_share.c
    src/sensor/port/port_linux.c
    src/sensor/port/proc_net.c
    src/sensor/port/programs.c
    src/sensor/port/sock.c
    src/sensor/port/spaces_linux.c
  )
endif()
