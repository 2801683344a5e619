list(APPEND WATCH_SOURCES
  src/watch/files/files.c
)
