list(APPEND SENSOR_SOURCES
  src/sensor/package/uninstall.c
)
if(WIN32)
  list(APPEND SENSOR_SOURCES
    src/sensor/package/msi_windows.c
    src/sensor/package/package_windows.c
  )
else()
  list(APPEND SENSOR_SOURCES
    src/sensor/package/delivered_linux.c
    src/sensor/package/package_linux.c
  )
endif()
