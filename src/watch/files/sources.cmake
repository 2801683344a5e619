list(APPEND WATCH_SOURCES
  src/watch/files/another_name.c
  src/watch/files/canary.c
  src/watch/files/fan.c
  src/watch/files/fan_event.c
  src/watch/files/fan_take.c
  src/watch/files/files.c
  src/watch/files/folder_cache.c
  src/watch/files/inotify.c
  src/watch/files/linked.c
  src/watch/files/marks.c
  src/watch/files/mount_map.c
  src/watch/files/mounters.c
  src/watch/files/passing.c
  src/watch/files/pending.c
  src/watch/files/place.c
  src/watch/files/resolve.c
)
