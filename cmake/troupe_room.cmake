# What most sources of every room include. Most of the time of compiling one goes there.
set(troupe_room_precompiled
  <algorithm> <atomic> <chrono> <coroutine> <functional> <map> <memory> <mutex> <optional> <span> <sstream> <string>
  <string_view> <unordered_map> <variant> <vector> <fmt/format.h>)

# troupe_room(<name> [SOURCES <file>...] [PUBLIC <dependency>...] [PRIVATE <dependency>...] [PRECOMPILED <header>...])
# Static library troupe_<name>, known as troupe::<name> here and after find_package(troupe).
# More sources may follow from sub-folders with target_sources(troupe_<name> PRIVATE <file>...).
function(troupe_room name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;PUBLIC;PRIVATE;PRECOMPILED")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "troupe_room(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  set(target troupe_${name})
  add_library(${target} STATIC ${arg_SOURCES})
  add_library(troupe::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME ${name} CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON LINKER_LANGUAGE CXX)
  target_link_libraries(${target} PUBLIC troupe::usage ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
  # Linking troupe_flags would make it part of what is exported.
  target_compile_options(${target} PRIVATE $<TARGET_PROPERTY:troupe_flags,INTERFACE_COMPILE_OPTIONS>)
  target_precompile_headers(${target} PRIVATE ${troupe_room_precompiled} ${arg_PRECOMPILED})
  target_compile_options(${target} PRIVATE ${troupe_precompiled_options})
  install(TARGETS ${target} EXPORT troupe_targets)
endfunction()
