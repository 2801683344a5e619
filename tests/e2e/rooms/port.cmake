e2e_tool(socket_maker)
e2e_tool(bpf_maker)
e2e_test(kind_port 120)
e2e_test(kind_bpf 60)
