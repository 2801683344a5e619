list(APPEND SENSOR_SOURCES
  src/sensor/registry/registry_text.c
)
if(WIN32)
  list(APPEND SENSOR_SOURCES
    src/sensor/registry/registry_facts_windows.c
    src/sensor/registry/registry_target_windows.c
    src/sensor/registry/registry_users_windows.c
    src/sensor/registry/registry_values_windows.c
    src/sensor/registry/registry_walk_windows.c
    src/sensor/registry/registry_windows.c
  )
endif()
