# Libraries of Windows that are loaded when one of their functions is called for the first time, and not
# before the program begins. What a program names itself is looked for beside it first, unless Windows
# keeps it in its list of known libraries (KnownDLLs: kernel32, advapi32, ole32, shell32, ws2_32, …); by
# the time of the first call program_begin() has said that System32 is the only place, for a library
# and for all that it names in turn. MinGW's linker has no /DEPENDENTLOADFLAG.
#
# cmake/delayed/NAME.def lists the functions that we call: one that is missing there is not found by the
# linker. tests/windows/cli.sh looks which libraries the program still names.

# delayed(NAME…): targets delayed_NAME, to be linked instead of NAME.
function(delayed)
  foreach(name ${ARGN})
    set(def ${CMAKE_SOURCE_DIR}/cmake/delayed/${name}.def)
    set(made ${CMAKE_BINARY_DIR}/delayed/lib${name}.a)
    add_custom_command(OUTPUT ${made} DEPENDS ${def}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/delayed
      COMMAND ${CMAKE_DLLTOOL} -d ${def} -D ${name}.dll --output-delaylib ${made})
    add_custom_target(make_delayed_${name} DEPENDS ${made})
    add_library(delayed_${name} STATIC IMPORTED GLOBAL)
    set_target_properties(delayed_${name} PROPERTIES IMPORTED_LOCATION ${made})
    add_dependencies(delayed_${name} make_delayed_${name})
  endforeach()
endfunction()
delayed(bcrypt crypt32 iphlpapi msi netapi32 secur32 winhttp wintrust)
