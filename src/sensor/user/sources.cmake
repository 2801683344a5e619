list(APPEND SENSOR_SOURCES
  src/sensor/user/account_text.c
)
if(WIN32)
  list(APPEND SENSOR_SOURCES
    src/sensor/user/account_windows.c
    src/sensor/user/group_windows.c
    src/sensor/user/local_windows.c
    src/sensor/user/netapi_windows.c
    src/sensor/user/user_windows.c
  )
else()
  list(APPEND SENSOR_SOURCES
    src/sensor/user/accounts.c
    src/sensor/user/group_linux.c
    src/sensor/user/table.c
    src/sensor/user/user_linux.c
    src/sensor/user/userdb.c
    src/sensor/user/userdb_linux.c
  )
endif()
