list(APPEND AGENT_SOURCES
  src/agent/survey/do.c
  src/agent/survey/names.c
)
if(WIN32)
  list(APPEND AGENT_SOURCES
    src/agent/survey/windows/child.c
    src/agent/survey/windows/order.c
  )
else()
  list(APPEND AGENT_SOURCES
    src/agent/survey/listing.c
    src/agent/survey/polled.c
    src/agent/survey/survey.c
  )
endif()
