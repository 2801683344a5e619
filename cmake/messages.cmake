# messages(LIBRARY PROGRAM FILE.mc): the texts of the event log. Their numbers become a header of the
# library (FILE.h, in the same folder below the build folder's messages/), they themselves a resource of
# the program, where the event log's viewer finds them.
find_program(WINDMC x86_64-w64-mingw32-windmc REQUIRED)
function(messages library program file)
  get_filename_component(folder ${file} DIRECTORY)
  get_filename_component(name ${file} NAME_WE)
  string(REGEX REPLACE "^src/" "" folder ${folder})
  set(out ${CMAKE_BINARY_DIR}/messages/${folder})
  file(MAKE_DIRECTORY ${out})
  add_custom_command(OUTPUT ${out}/${name}.h ${out}/${name}.rc VERBATIM
    COMMAND ${WINDMC} -h ${out} -r ${out} ${CMAKE_SOURCE_DIR}/${file}
    DEPENDS ${CMAKE_SOURCE_DIR}/${file})
  target_sources(${library} PRIVATE ${out}/${name}.h)
  target_include_directories(${library} PRIVATE ${CMAKE_BINARY_DIR}/messages)
  target_sources(${program} PRIVATE ${out}/${name}.rc)
endfunction()
