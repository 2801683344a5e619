e2e_tool(socket_maker)
e2e_test(kind_port 120)
