list(APPEND AGENT_SOURCES
  src/agent/config/config.c
  src/agent/config/route.c
  src/agent/config/route_bind.c
)
if(WIN32)
  list(APPEND AGENT_SOURCES
    src/agent/config/windows/file.c
  )
else()
  list(APPEND AGENT_SOURCES
    src/agent/config/file.c
  )
endif()
