list(APPEND WATCH_SOURCES
  src/watch/process/process.c
)
