e2e_tool(socket_maker)
