if(WIN32)
  agent_test(pipe core os entity policy host sensor store change output watch cli agent)
endif()
