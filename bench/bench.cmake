# The measuring programs: docs/BENCHMARKS.md. bench/run builds them; nothing else needs them.
add_executable(bench_floor EXCLUDE_FROM_ALL bench/floor.c bench/floor_read.c bench/floor_walk.c)
add_executable(bench_gentree EXCLUDE_FROM_ALL bench/gentree.c)
foreach(program bench_floor bench_gentree)
  target_include_directories(${program} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${program} PRIVATE core Threads::Threads)
  set_target_properties(${program} PROPERTIES OUTPUT_NAME bench/${program})
endforeach()
