agent_test(backlog agent)
agent_test(polled agent)
agent_test(clocks agent)
agent_test(pressure agent)
