# troupe_acceptance_programs(<folder>): every .cpp of the folder becomes a program named after its file.
# The folder is somebody else's and its programs are not known beforehand, hence no explicit list.
function(troupe_acceptance_programs folder)
  file(GLOB sources CONFIGURE_DEPENDS "${folder}/*.cpp")
  set(programs "")
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM program)
    add_executable(${program} "${source}")
    set_target_properties(${program} PROPERTIES CXX_EXTENSIONS OFF)
    target_link_libraries(${program} PRIVATE troupe::troupe fmt::fmt Boost::headers Threads::Threads)
    list(APPEND programs ${program})
  endforeach()
  set(troupe_acceptance_programs "${programs}" PARENT_SCOPE)
endfunction()
