set(HOST_SOURCES
  src/host/host.c
  src/host/read.c
  src/host/digest.c
  src/host/package.c
  src/host/process.c
  src/host/bus.c
)
