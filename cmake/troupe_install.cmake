include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

foreach(room IN ITEMS futures net actors collections)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/${room}" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/troupe"
    FILES_MATCHING PATTERN "*.hpp" PATTERN internal EXCLUDE)
endforeach()
foreach(header IN ITEMS collections/troupe.hpp net/asio.hpp)
  install(FILES "${PROJECT_SOURCE_DIR}/${header}" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/troupe")
endforeach()

set(_package "${CMAKE_INSTALL_LIBDIR}/cmake/troupe")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/troupe-config.cmake.in"
  "${PROJECT_BINARY_DIR}/troupe-config.cmake" INSTALL_DESTINATION "${_package}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/troupe-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(EXPORT troupe_targets NAMESPACE troupe:: DESTINATION "${_package}")
install(FILES
  "${PROJECT_BINARY_DIR}/troupe-config.cmake"
  "${PROJECT_BINARY_DIR}/troupe-config-version.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/FindCAF.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/FindLZ4.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/FindZstd.cmake"
  DESTINATION "${_package}")

# The build folder serves find_package(troupe) too: the acceptance programs are built against it.
export(EXPORT troupe_targets NAMESPACE troupe:: FILE "${PROJECT_BINARY_DIR}/troupe_targets.cmake")
foreach(finder IN ITEMS CAF LZ4 Zstd)
  configure_file("${PROJECT_SOURCE_DIR}/cmake/Find${finder}.cmake" "${PROJECT_BINARY_DIR}/Find${finder}.cmake" COPYONLY)
endforeach()
