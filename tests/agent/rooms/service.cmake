agent_test(config agent)
agent_test(request agent)
