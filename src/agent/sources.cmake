# Each part lists its own files.
set(AGENT_SOURCES
  src/agent/collector.c
  src/agent/config.c
  src/agent/request.c
)
