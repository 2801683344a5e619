# The libraries we stand on, by the same names on both platforms: Debian's own, or for MinGW, where it
# has none, those that cmake/mingw-libraries builds once from Debian's source packages into a cache.
if(NOT WIN32)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
  pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
  pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
  pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)
  pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
  pkg_check_modules(EXPAT REQUIRED IMPORTED_TARGET expat)
  pkg_check_modules(EVENT REQUIRED IMPORTED_TARGET libevent_core)
  pkg_check_modules(EVENT_EXTRA REQUIRED IMPORTED_TARGET libevent_extra)
  pkg_check_modules(EVENT_TLS REQUIRED IMPORTED_TARGET libevent_openssl libssl)
  pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
  find_package(Threads REQUIRED)
  if(INVAR_TESTS)
    pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
  endif()
  return()
endif()

file(SHA256 ${CMAKE_SOURCE_DIR}/cmake/mingw-libraries digest) # another script is another folder
string(SUBSTRING ${digest} 0 12 digest)
if(DEFINED ENV{INVAR_CACHE})
  set(cache $ENV{INVAR_CACHE})
else()
  set(cache $ENV{HOME}/.cache/invar)
endif()
set(MINGW_LIBRARIES ${cache}/mingw-${digest})
if(NOT EXISTS ${MINGW_LIBRARIES}/lib)
  message(STATUS "Building the libraries for MinGW once: ${MINGW_LIBRARIES}")
  execute_process(COMMAND ${CMAKE_SOURCE_DIR}/cmake/mingw-libraries ${MINGW_LIBRARIES}
    COMMAND_ERROR_IS_FATAL ANY)
endif()

# mingw_library(TARGET FILE definition…)
function(mingw_library target file)
  add_library(${target} STATIC IMPORTED GLOBAL)
  set_target_properties(${target} PROPERTIES IMPORTED_LOCATION ${MINGW_LIBRARIES}/lib/lib${file}.a
    INTERFACE_INCLUDE_DIRECTORIES ${MINGW_LIBRARIES}/include
    INTERFACE_COMPILE_DEFINITIONS "${ARGN}")
endfunction()
mingw_library(PkgConfig::SQLITE sqlite3)
mingw_library(PkgConfig::YAML yaml YAML_DECLARE_STATIC)
mingw_library(PkgConfig::ZSTD zstd)
mingw_library(PkgConfig::JANSSON jansson)
# jansson has names that core/json.h has: they are made its own, which none of ours asks of it.
set(jansson ${CMAKE_BINARY_DIR}/jansson.o)
if(NOT EXISTS ${jansson})
  execute_process(COMMAND_ERROR_IS_FATAL ANY
    COMMAND x86_64-w64-mingw32-ld -r -o ${jansson} --whole-archive ${MINGW_LIBRARIES}/lib/libjansson.a)
  execute_process(COMMAND_ERROR_IS_FATAL ANY COMMAND x86_64-w64-mingw32-objcopy
    -L json_object -L json_array -L json_null ${jansson})
endif()
set_target_properties(PkgConfig::JANSSON PROPERTIES IMPORTED_LOCATION ${jansson})
mingw_library(PkgConfig::EXPAT expat XML_STATIC)
mingw_library(PkgConfig::CMOCKA cmocka CMOCKA_STATIC)

# Ed25519, which Windows does not have; Debian has it for MinGW.
add_library(gcrypt INTERFACE)
target_link_libraries(gcrypt INTERFACE -lgcrypt -lgpg-error -lws2_32)
