# Makes <troupe/futures/task.hpp> work in the tree as it does after installation:
# links in the build folder lead from include/troupe to the rooms.
set(_tree "${PROJECT_BINARY_DIR}/include/troupe")
file(MAKE_DIRECTORY "${_tree}")

function(_troupe_link from to)
  file(RELATIVE_PATH relative "${_tree}" "${PROJECT_SOURCE_DIR}/${to}")
  file(CREATE_LINK "${relative}" "${_tree}/${from}" SYMBOLIC)
endfunction()

foreach(room IN ITEMS futures net actors collections)
  _troupe_link(${room} ${room})
endforeach()
_troupe_link(troupe.hpp collections/troupe.hpp)
_troupe_link(asio.hpp net/asio.hpp)
