list(APPEND AGENT_SOURCES
  src/agent/health/clocks.c
)
if(NOT WIN32)
  list(APPEND AGENT_SOURCES
    src/agent/health/canary.c
    src/agent/health/clock_watch.c
    src/agent/health/metrics.c
    src/agent/health/metrics_file.c
    src/agent/health/metrics_routes.c
    src/agent/health/metrics_text.c
    src/agent/health/pressure.c
  )
endif()
