list(APPEND AGENT_SOURCES
  src/agent/link/batch.c
  src/agent/link/cursor.c
  src/agent/link/lane.c
  src/agent/link/lanes.c
  src/agent/link/spool.c
  src/agent/link/serve.c
)
if(WIN32)
  list(APPEND AGENT_SOURCES
    src/agent/link/windows/routes.c
  )
else()
  list(APPEND AGENT_SOURCES
    src/agent/link/carry.c
    src/agent/link/hub.c
    src/agent/link/hub_state.c
  )
endif()
