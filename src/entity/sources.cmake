set(ENTITY_SOURCES
  src/entity/file.c
  src/entity/kinds.c
)
