# Every flag there is, on one interface target that all of ours link: `house`.
include(CheckCCompilerFlag)

add_library(house INTERFACE)
target_include_directories(house INTERFACE src)
target_compile_definitions(house INTERFACE INVAR_VERSION="${PROJECT_VERSION}")
target_compile_options(house INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes
  -Wmissing-prototypes -Wold-style-definition -Wvla -Wformat=2 -Wundef -Wwrite-strings -Wcast-qual
  -Wpointer-arith -Wimplicit-fallthrough -Wdate-time)
if(WIN32)
  # optimised, gcc 12 sees paths that cannot be taken; `dev` and `clang` decide
  target_compile_options(house INTERFACE -Wno-error=maybe-uninitialized)
  target_compile_definitions(house INTERFACE _WIN32_WINNT=0x0A00 __USE_MINGW_ANSI_STDIO=1 UNICODE
    _UNICODE WIN32_LEAN_AND_MEAN NOMINMAX)
else()
  target_compile_definitions(house INTERFACE _GNU_SOURCE _FILE_OFFSET_BITS=64)
endif()

# compile_flags(flag…): those that this compiler knows.
function(compile_flags)
  foreach(flag ${ARGN})
    string(MAKE_C_IDENTIFIER "HAVE${flag}" have)
    check_c_compiler_flag(${flag} ${have})
    if(${have})
      target_compile_options(house INTERFACE ${flag})
    endif()
  endforeach()
endfunction()

# Behaviour that must not depend on the preset.
compile_flags(-fno-common -fno-strict-aliasing -fno-strict-overflow -fno-delete-null-pointer-checks)
if(NOT WIN32)
  target_compile_options(house INTERFACE -fPIE)
endif()

if(WIN32) # in the file as in memory: what is not so Wine cannot map, and copies for each process
  target_link_options(house INTERFACE -Wl,--file-alignment=4096)
endif()

# Hardening, in every build but those whose instrumentation it would blunt. -z shstk: the start-up
# files of Debian's libc carry no CET note, and without it the linker drops the note of our objects.
if(NOT INVAR_SANITIZE AND NOT INVAR_FUZZ)
  if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo" OR CMAKE_BUILD_TYPE STREQUAL "Release")
    # what is shipped is the same wherever it was built
    target_compile_options(house INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
      -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
    target_link_options(house INTERFACE -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.) # LTO compiles then
  endif()
  compile_flags(-fstack-protector-strong -fcf-protection=full -fzero-call-used-regs=used-gpr
    -ftrivial-auto-var-init=zero -fvisibility=hidden)
  if(NOT WIN32) # gcc 12 for MinGW stops with an internal error on it
    compile_flags(-fstack-clash-protection)
  endif()
  if(WIN32) # the stack protector is a library of its own there
    target_link_options(house INTERFACE -fstack-protector-strong -Wl,--dynamicbase -Wl,--nxcompat
      -Wl,--high-entropy-va)
  else()
    target_link_options(house INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code
      -Wl,-z,shstk -Wl,--as-needed)
  endif()
endif()

if(INVAR_SANITIZE)
  target_compile_options(house INTERFACE -fsanitize=${INVAR_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(house INTERFACE -fsanitize=${INVAR_SANITIZE})
endif()
if(INVAR_FUZZ)
  target_compile_options(house INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(INVAR_COVER)
  target_compile_options(house INTERFACE --coverage)
  target_link_options(house INTERFACE --coverage)
  add_custom_target(coverage USES_TERMINAL WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    COMMAND gcovr --root . --filter src/ ${CMAKE_BINARY_DIR})
endif()
