# The measuring programs: docs/BENCHMARKS.md. bench/run builds them; nothing else needs them.
add_executable(bench_floor EXCLUDE_FROM_ALL bench/floor.c bench/floor_read.c bench/floor_walk.c)
add_executable(bench_gentree EXCLUDE_FROM_ALL bench/gentree.c)
foreach(program bench_floor bench_gentree)
  target_include_directories(${program} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${program} PRIVATE core Threads::Threads)
  set_target_properties(${program} PROPERTIES OUTPUT_NAME bench/${program})
endforeach()
# Lanes of core/sha256 beside OpenSSL; prints its own table.
add_executable(bench_sha256 EXCLUDE_FROM_ALL bench/bench_sha256.c)
target_link_libraries(bench_sha256 PRIVATE core PkgConfig::CRYPTO)
set_target_properties(bench_sha256 PROPERTIES OUTPUT_NAME bench/bench_sha256)
# What bench/kinds.py needs.
add_executable(bench_crowd EXCLUDE_FROM_ALL bench/crowd.c)
add_executable(bench_accounts EXCLUDE_FROM_ALL bench/accounts.c)
foreach(program crowd accounts)
  target_link_libraries(bench_${program} PRIVATE core)
  target_include_directories(bench_${program} PRIVATE ${CMAKE_SOURCE_DIR})
  set_target_properties(bench_${program} PROPERTIES OUTPUT_NAME bench/${program})
endforeach()
# What bench/realtime.py needs.
add_executable(bench_storm EXCLUDE_FROM_ALL bench/storm.c)
target_link_libraries(bench_storm PRIVATE core)
target_include_directories(bench_storm PRIVATE ${CMAKE_SOURCE_DIR})
set_target_properties(bench_storm PROPERTIES OUTPUT_NAME bench/bench_storm)
# A look at a kind, again and again: its own table.
add_executable(bench_look EXCLUDE_FROM_ALL bench/look.c)
target_link_libraries(bench_look PRIVATE change)
set_target_properties(bench_look PROPERTIES OUTPUT_NAME bench/bench_look)
