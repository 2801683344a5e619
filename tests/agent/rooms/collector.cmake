agent_test(backlog agent)
