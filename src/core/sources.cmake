set(CORE_SOURCES
  src/core/arena.c
  src/core/buf.c
  src/core/err.c
  src/core/mem.c
)
