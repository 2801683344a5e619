set(ENTITY_SOURCES
  src/entity/file.c
  src/entity/key.c
  src/entity/kinds.c
  src/entity/record.c
)
