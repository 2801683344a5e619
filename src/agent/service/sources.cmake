if(WIN32)
  list(APPEND AGENT_SOURCES
    src/agent/service/windows/ask.c
    src/agent/service/windows/eventlog.c
    src/agent/service/windows/install.c
    src/agent/service/windows/install_policy.c
    src/agent/service/windows/installed.c
    src/agent/service/windows/lock.c
    src/agent/service/windows/service.c
  )
else()
  list(APPEND AGENT_SOURCES
    src/agent/service/child.c
    src/agent/service/confine.c
    src/agent/service/confine_calls.c
    src/agent/service/confine_files.c
    src/agent/service/confine_rights.c
    src/agent/service/lock.c
    src/agent/service/notify.c
    src/agent/service/parent.c
  )
endif()
