set(SENSOR_SOURCES
  src/sensor/file/file_acl.c
  src/sensor/file/file_caps.c
  src/sensor/file/file_exec.c
  src/sensor/file/file_flags.c
  src/sensor/file/file_verity.c
  src/sensor/file/file_xattr.c
)
