set(WATCH_SOURCES
  src/watch/notice.c
)
if(WIN32)
  list(APPEND WATCH_SOURCES
    src/watch/windows/declared.c
    src/watch/windows/folders.c
    src/watch/windows/folders_bases.c
    src/watch/windows/folders_tell.c
    src/watch/windows/heard.c
    src/watch/windows/hearing.c
    src/watch/windows/pace.c
    src/watch/windows/polled.c
    src/watch/windows/processes.c
    src/watch/windows/registry.c
    src/watch/windows/registry_places.c
    src/watch/windows/rooms.c
    src/watch/windows/services.c
    src/watch/windows/standstill.c
    src/watch/windows/wmi.c
    src/watch/windows/wmi_events.c
  )
else()
  list(APPEND WATCH_SOURCES
    src/watch/watcher.c
  )
  foreach(room files process kinds)
    include(src/watch/${room}/sources.cmake)
  endforeach()
endif()
