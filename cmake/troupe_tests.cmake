# troupe_tests(<name> [SOURCES <file>...] [LIBS <target>...] [LABELS <label>...] [TIMEOUT <seconds>] [WORKER])
# One Catch2 executable test_<name>, one ctest entry <name>. Its sources include <catch2/catch.hpp> and
# need no main. WORKER: its clusters may start it again as a worker. Label a room `concurrent` when its tests use several threads: those run under ThreadSanitizer.
# Without SOURCES nothing is made.
find_package(Catch2 2.13 REQUIRED)
find_package(MsgpackCxx REQUIRED)

add_library(troupe_test_main OBJECT "${PROJECT_SOURCE_DIR}/tests/support/main.cpp")
target_link_libraries(troupe_test_main PUBLIC troupe_flags Catch2::Catch2)
# Catch2's runner is the slowest file of the whole build when it is optimised, and nothing waits for it.
target_compile_options(troupe_test_main PRIVATE -O0)

# Headers cost most of a test's compilation: those of Catch2 and of Troupe are compiled once for all rooms.
add_library(troupe_test_pch OBJECT "${PROJECT_SOURCE_DIR}/tests/support/pch.cpp")
target_link_libraries(troupe_test_pch PUBLIC troupe_flags Catch2::Catch2 troupe::troupe)
target_precompile_headers(troupe_test_pch PRIVATE ${troupe_room_precompiled} <catch2/catch.hpp> <troupe/troupe.hpp>)
foreach(target IN ITEMS troupe_test_main troupe_test_pch)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
endforeach()
target_compile_options(troupe_test_pch PUBLIC ${troupe_precompiled_options})

set(troupe_test_environment "")
if(TROUPE_SANITIZE)
  # The tool is known to the sanitizers by this name only; Debian keeps it in the compiler's own folder.
  find_program(TROUPE_SYMBOLIZER llvm-symbolizer HINTS /usr/lib/llvm-19/bin)
  set(symbolizer "external_symbolizer_path=${TROUPE_SYMBOLIZER}")
  set(troupe_test_environment
    "ASAN_OPTIONS=${symbolizer}:detect_stack_use_after_return=1"
    "UBSAN_OPTIONS=${symbolizer}:print_stacktrace=1"
    "TSAN_OPTIONS=${symbolizer}:second_deadlock_stack=1:suppressions=${PROJECT_SOURCE_DIR}/tests/support/tsan.supp")
endif()

function(troupe_tests name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "WORKER" "TIMEOUT" "SOURCES;LIBS;LABELS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "troupe_tests(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_SOURCES)
    return()
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 600)
  endif()
  add_executable(test_${name} ${arg_SOURCES} $<TARGET_OBJECTS:troupe_test_main>)
  if(arg_WORKER)
    target_sources(test_${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests/support/worker.cpp")
  endif()
  set_target_properties(test_${name} PROPERTIES CXX_EXTENSIONS OFF)
  target_link_libraries(test_${name} PRIVATE
    troupe_flags Catch2::Catch2 Threads::Threads fmt::fmt Boost::headers ${arg_LIBS})
  target_compile_options(test_${name} PRIVATE ${troupe_precompiled_options})
  target_precompile_headers(test_${name} REUSE_FROM troupe_test_pch)
  add_test(NAME ${name} COMMAND test_${name})
  set_tests_properties(${name} PROPERTIES
    LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT} ENVIRONMENT "${troupe_test_environment}")
endfunction()
