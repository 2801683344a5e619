list(APPEND WATCH_SOURCES
  src/watch/kinds/kinds.c
  src/watch/kinds/netlink.c
  src/watch/kinds/nftables.c
  src/watch/kinds/parse.c
  src/watch/kinds/programs.c
  src/watch/kinds/setting.c
  src/watch/kinds/signals.c
  src/watch/kinds/socket.c
  src/watch/kinds/systemd.c
  src/watch/kinds/told.c
  src/watch/kinds/uevent.c
  src/watch/kinds/waiting.c
)
