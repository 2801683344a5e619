list(APPEND AGENT_SOURCES
  src/agent/sinks/file_write.c
  src/agent/sinks/hook_text.c
)
if(WIN32)
  list(APPEND AGENT_SOURCES
    src/agent/sinks/windows/carrier.c
    src/agent/sinks/windows/command.c
    src/agent/sinks/windows/file.c
    src/agent/sinks/windows/sinks.c
    src/agent/sinks/windows/syslog.c
    src/agent/sinks/windows/webhook.c
  )
else()
  list(APPEND AGENT_SOURCES
    src/agent/sinks/command.c
    src/agent/sinks/curl.c
    src/agent/sinks/file.c
    src/agent/sinks/mail.c
    src/agent/sinks/program.c
    src/agent/sinks/sinks.c
    src/agent/sinks/stream.c
    src/agent/sinks/syslog.c
    src/agent/sinks/tls.c
    src/agent/sinks/webhook.c
  )
endif()
