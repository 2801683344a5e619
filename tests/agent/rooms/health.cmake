agent_test(canary agent)
wrapped(canary event_add)
agent_test(metrics agent)
wrapped(metrics rename)
