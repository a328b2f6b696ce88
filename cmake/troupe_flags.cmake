if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(TROUPE_CCACHE ccache)
  if(TROUPE_CCACHE)
    # The sloppiness is what ccache asks for before it caches files that use a precompiled header.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${TROUPE_CCACHE})
  endif()
endif()

# troupe_usage: what every file that includes a Troupe header is compiled with.
add_library(troupe_usage INTERFACE)
set_target_properties(troupe_usage PROPERTIES EXPORT_NAME usage)
add_library(troupe::usage ALIAS troupe_usage)
target_compile_features(troupe_usage INTERFACE cxx_std_20)
target_include_directories(troupe_usage INTERFACE
  $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include> $<INSTALL_INTERFACE:include>)
# Without it GCC turns symmetric transfer between coroutines into recursion below -O2.
target_compile_options(troupe_usage INTERFACE $<$<CXX_COMPILER_ID:GNU>:-foptimize-sibling-calls>)
# Functions without linkage are known to other processes by build id and offset; lld writes no build id unasked.
target_link_options(troupe_usage INTERFACE -Wl,--build-id=sha1)
if(TROUPE_SANITIZE)
  target_compile_options(troupe_usage INTERFACE
    $<BUILD_INTERFACE:-fsanitize=${TROUPE_SANITIZE}> $<BUILD_INTERFACE:-fno-sanitize-recover=all>
    $<BUILD_INTERFACE:-fno-omit-frame-pointer>)
  target_link_options(troupe_usage INTERFACE $<BUILD_INTERFACE:-fsanitize=${TROUPE_SANITIZE}>)
endif()
install(TARGETS troupe_usage EXPORT troupe_targets)

# troupe_flags: how Troupe's own sources, tests, examples and benchmarks are compiled on top of that.
add_library(troupe_flags INTERFACE)
target_link_libraries(troupe_flags INTERFACE troupe_usage)
target_compile_options(troupe_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 reports these inside std::string's own copying of literals, where nothing is wrong.
  target_compile_options(troupe_flags INTERFACE -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread
    -Wno-restrict)
endif()
if(TROUPE_WERROR)
  target_compile_options(troupe_flags INTERFACE -Werror)
endif()

# Lets ccache recognise a precompiled header by content.
set(troupe_precompiled_options "$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>")
