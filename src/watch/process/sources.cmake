list(APPEND WATCH_SOURCES
  src/watch/process/process.c
  src/watch/process/process_account.c
  src/watch/process/process_connector.c
  src/watch/process/process_event.c
  src/watch/process/process_group.c
  src/watch/process/process_proc.c
  src/watch/process/process_program.c
  src/watch/process/process_table.c
  src/watch/process/process_tally.c
  src/watch/process/process_trace.c
  src/watch/process/process_who.c
)
