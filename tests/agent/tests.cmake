# Each part of src/agent lists its own in a file of rooms/.
file(GLOB lists CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/agent/rooms/*.cmake)
foreach(list ${lists})
  include(${list})
endforeach()
