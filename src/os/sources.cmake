set(OS_SOURCES
  src/os/linux/clock.c
  src/os/linux/host.c
  src/os/linux/random.c
  src/os/linux/ring.c
)
