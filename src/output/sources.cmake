set(OUTPUT_SOURCES
  src/output/json.c
  src/output/map.c
  src/output/report.c
  src/output/text.c
  src/output/value.c
  src/output/words.c
)
