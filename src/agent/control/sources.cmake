list(APPEND AGENT_SOURCES
  src/agent/control/client.c
  src/agent/control/control.c
  src/agent/control/request.c
  src/agent/control/told.c
)
if(WIN32)
  list(APPEND AGENT_SOURCES
    src/agent/control/windows/client_pipe.c
    src/agent/control/windows/control_pipe.c
    src/agent/control/windows/control_reach.c
    src/agent/control/windows/pipe.c
  )
else()
  list(APPEND AGENT_SOURCES
    src/agent/control/client_socket.c
    src/agent/control/control_socket.c
  )
endif()
