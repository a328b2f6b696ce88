# msgpack-c's headers, from the system or from the folder that scripts/deps unpacks them into: msgpack::cxx.
find_path(MSGPACK_CXX_INCLUDE_DIR msgpack.hpp HINTS "${PROJECT_SOURCE_DIR}/.deps/usr/include")
mark_as_advanced(MSGPACK_CXX_INCLUDE_DIR)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(MsgpackCxx REQUIRED_VARS MSGPACK_CXX_INCLUDE_DIR)

if(MsgpackCxx_FOUND AND NOT TARGET msgpack::cxx)
  add_library(msgpack::cxx INTERFACE IMPORTED)
  set_target_properties(msgpack::cxx PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${MSGPACK_CXX_INCLUDE_DIR}"
    INTERFACE_COMPILE_DEFINITIONS MSGPACK_NO_BOOST)
endif()
