list(APPEND SENSOR_SOURCES
  src/sensor/user/user_linux.c
)
