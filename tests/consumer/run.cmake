# Installs Troupe into a prefix of its own, then configures, builds and runs the project beside this file against it.
# Expects BUILD_DIR, BUILD_TYPE, CXX_COMPILER, CXX_FLAGS and LINKER_FLAGS.
set(folder "${BUILD_DIR}/consumer")
file(REMOVE_RECURSE "${folder}")

function(step)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "${command}\nfailed (${status}):\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

step(${CMAKE_COMMAND} --install "${BUILD_DIR}" --prefix "${folder}/prefix")

file(GLOB_RECURSE private_headers "${folder}/prefix/include/*/internal/*")
if(private_headers)
  message(FATAL_ERROR "private headers were installed: ${private_headers}")
endif()

step(${CMAKE_COMMAND} -G Ninja -S "${CMAKE_CURRENT_LIST_DIR}" -B "${folder}/build"
  "-DCMAKE_PREFIX_PATH=${folder}/prefix" "-DCMAKE_BUILD_TYPE=${BUILD_TYPE}" "-DCMAKE_CXX_COMPILER=${CXX_COMPILER}"
  "-DCMAKE_CXX_FLAGS=${CXX_FLAGS}" "-DCMAKE_EXE_LINKER_FLAGS=${LINKER_FLAGS}")
step(${CMAKE_COMMAND} --build "${folder}/build")
step("${folder}/build/consumer")
if(NOT output STREQUAL "42\n")
  message(FATAL_ERROR "the consumer printed: ${output}")
endif()
