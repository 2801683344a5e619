# Each part lists its own files.
set(AGENT_SOURCES
  src/agent/canary.c
  src/agent/collector.c
  src/agent/config.c
  src/agent/metrics.c
  src/agent/metrics_routes.c
  src/agent/metrics_text.c
  src/agent/request.c
  src/agent/route.c
  src/agent/route_bind.c
  src/agent/serve.c
)
