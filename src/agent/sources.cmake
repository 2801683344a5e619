# Each room lists its own files.
set(AGENT_SOURCES
  src/agent/log.c
)
foreach(room collector command config control doctor health link loop service sinks survey)
  include(src/agent/${room}/sources.cmake)
endforeach()
