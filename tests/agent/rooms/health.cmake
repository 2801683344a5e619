agent_test(canary agent)
agent_test(metrics agent)
