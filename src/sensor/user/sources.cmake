list(APPEND SENSOR_SOURCES
  src/sensor/user/accounts.c
  src/sensor/user/group_linux.c
  src/sensor/user/table.c
  src/sensor/user/user_linux.c
  src/sensor/user/userdb.c
  src/sensor/user/userdb_linux.c
)
