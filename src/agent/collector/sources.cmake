list(APPEND AGENT_SOURCES
  src/agent/collector/again.c
  src/agent/collector/ahead.c
  src/agent/collector/asked.c
  src/agent/collector/backlog.c
  src/agent/collector/dear.c
  src/agent/collector/give_way.c
  src/agent/collector/look.c
  src/agent/collector/losses.c
  src/agent/collector/notice.c
  src/agent/collector/records.c
  src/agent/collector/start.c
  src/agent/collector/status.c
  src/agent/collector/survey.c
)
if(WIN32)
  list(APPEND AGENT_SOURCES
    src/agent/collector/windows/answer.c
    src/agent/collector/windows/collector.c
    src/agent/collector/windows/held.c
    src/agent/collector/windows/lacks.c
    src/agent/collector/windows/settings.c
    src/agent/collector/windows/surveyor.c
  )
else()
  list(APPEND AGENT_SOURCES
    src/agent/collector/answer.c
    src/agent/collector/collector.c
    src/agent/collector/health.c
    src/agent/collector/heard.c
    src/agent/collector/hold.c
    src/agent/collector/late.c
    src/agent/collector/linked.c
    src/agent/collector/pulse.c
    src/agent/collector/surveyor.c
  )
endif()
