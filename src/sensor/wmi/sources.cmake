list(APPEND SENSOR_SOURCES
  src/sensor/wmi/canonical.c
  src/sensor/wmi/datetime.c
  src/sensor/wmi/identity.c
  src/sensor/wmi/path.c
  src/sensor/wmi/row.c
  src/sensor/wmi/table.c
)
if(WIN32)
  list(APPEND SENSOR_SOURCES
    src/sensor/wmi/question_windows.c
    src/sensor/wmi/row_windows.c
    src/sensor/wmi/wmi_windows.c
  )
endif()
