list(APPEND WATCH_SOURCES
  src/watch/kinds/kinds.c
)
