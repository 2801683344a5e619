sensor_test(file_acl core os sensor)
sensor_test(file_caps core os sensor)
sensor_test(file_exec core os sensor)
sensor_test(file_flags core os sensor)
sensor_test(file_xattr core os sensor)
sensor_test(file_verity core os sensor)

# Each room of src/sensor lists its own in a file of rooms/.
file(GLOB lists CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/sensor/rooms/*.cmake)
foreach(list ${lists})
  include(${list})
endforeach()
