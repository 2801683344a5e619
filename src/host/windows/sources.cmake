# What needs no call of Windows is compiled, and tested, everywhere.
list(APPEND HOST_SOURCES
  src/host/windows/command_line.c
  src/host/windows/hive_value.c
  src/host/windows/service_copy.c
  src/host/windows/service_name.c
)
if(WIN32)
  list(APPEND HOST_SOURCES
    src/host/windows/digest.c
    src/host/windows/drivers.c
    src/host/windows/host.c
    src/host/windows/hive.c
    src/host/windows/hive_users.c
    src/host/windows/running.c
    src/host/windows/services.c
    src/host/windows/services_config.c
    src/host/windows/services_list.c
    src/host/windows/sockets.c
    src/host/windows/windows_state.c
  )
endif()
