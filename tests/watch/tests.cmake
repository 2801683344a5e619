# Each part of src/watch lists its own in a file of rooms/.
file(GLOB lists CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/watch/rooms/*.cmake)
foreach(list ${lists})
  include(${list})
endforeach()
