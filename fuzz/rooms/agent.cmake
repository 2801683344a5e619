fuzzer(agent_config agent)
fuzzer(agent_request agent)
