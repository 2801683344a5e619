if(WIN32)
  list(APPEND AGENT_SOURCES
    src/agent/loop/windows/loop.c
  )
else()
  list(APPEND AGENT_SOURCES
    src/agent/loop/loop.c
  )
endif()
