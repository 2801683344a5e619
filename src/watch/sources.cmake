set(WATCH_SOURCES
  src/watch/notice.c
)
if(WIN32)
  list(APPEND WATCH_SOURCES
    src/watch/windows/heard.c
    src/watch/windows/hearing.c
    src/watch/windows/rooms.c
  )
else()
  list(APPEND WATCH_SOURCES
    src/watch/watcher.c
  )
  foreach(room files process kinds)
    include(src/watch/${room}/sources.cmake)
  endforeach()
endif()
