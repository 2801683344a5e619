set(WATCH_SOURCES
  src/watch/notice.c
  src/watch/watcher.c
)
foreach(room files process kinds)
  include(src/watch/${room}/sources.cmake)
endforeach()
