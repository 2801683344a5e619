list(APPEND SENSOR_SOURCES
  src/sensor/firewall/firewall_rule.c
)
if(WIN32)
  list(APPEND SENSOR_SOURCES
    src/sensor/firewall/firewall_windows.c
  )
else()
  list(APPEND SENSOR_SOURCES
    src/sensor/firewall/firewall_canon.c
    src/sensor/firewall/firewall_linux.c
    src/sensor/firewall/firewall_netlink.c
    src/sensor/firewall/firewall_nft.c
    src/sensor/firewall/firewall_xt.c
  )
endif()
