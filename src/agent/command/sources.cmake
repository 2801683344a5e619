list(APPEND AGENT_SOURCES
  src/agent/command/policy_apply.c
  src/agent/command/status.c
  src/agent/command/status_agent.c
  src/agent/command/watch_print.c
)
if(WIN32)
  list(APPEND AGENT_SOURCES
    src/agent/command/windows/agent.c
    src/agent/command/windows/commands.c
    src/agent/command/windows/watch.c
  )
else()
  list(APPEND AGENT_SOURCES
    src/agent/command/agent.c
    src/agent/command/baseline.c
    src/agent/command/commands.c
    src/agent/command/watch.c
  )
endif()
