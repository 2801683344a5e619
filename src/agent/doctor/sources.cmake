if(WIN32)
  list(APPEND AGENT_SOURCES
    src/agent/doctor/windows/doctor.c
    src/agent/doctor/windows/probe_files.c
    src/agent/doctor/windows/probe_registry.c
    src/agent/doctor/windows/probe_system.c
    src/agent/doctor/windows/probe_wmi.c
  )
else()
  list(APPEND AGENT_SOURCES
    src/agent/doctor/agent.c
    src/agent/doctor/canary.c
    src/agent/doctor/doctor.c
    src/agent/doctor/host.c
    src/agent/doctor/json.c
    src/agent/doctor/kinds.c
    src/agent/doctor/live.c
    src/agent/doctor/others.c
    src/agent/doctor/places.c
  )
endif()
