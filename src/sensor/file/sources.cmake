list(APPEND SENSOR_SOURCES
  src/sensor/file/file_attributes.c
  src/sensor/file/file_exec.c
  src/sensor/file/file_pe.c
  src/sensor/file/file_reparse.c
)
if(NOT WIN32)
  list(APPEND SENSOR_SOURCES
    src/sensor/file/file_acl.c
    src/sensor/file/file_caps.c
    src/sensor/file/file_flags.c
    src/sensor/file/file_verity.c
    src/sensor/file/file_xattr.c
    src/sensor/file/file_content.c
    src/sensor/file/file_crew.c
    src/sensor/file/file_digest.c
    src/sensor/file/file_facts.c
    src/sensor/file/file_folder.c
    src/sensor/file/file_hear.c
    src/sensor/file/file_kept.c
    src/sensor/file/file_linux.c
    src/sensor/file/file_list.c
    src/sensor/file/file_look.c
    src/sensor/file/file_pass.c
    src/sensor/file/file_request.c
    src/sensor/file/file_stuck.c
    src/sensor/file/file_walk.c
  )
endif()
