#include <troupe/actors/scheduler/internal/upload.hpp>
#include <troupe/futures/errors.hpp>

#include <algorithm>

namespace troupe::detail {
namespace {

constexpr std::size_t digest_length = 64;
constexpr std::size_t longest_name = 255;

bool is_hexadecimal(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

void check_upload(upload_info const& what) {
  auto const& name = what.name;
  if (name.empty() || name == "." || name == ".." || name.size() > longest_name ||
      name.find_first_of(std::string_view("/\0", 2)) != std::string::npos)
    throw error("an upload has the name of a file, without folders, of 1 to 255 bytes, not '" + name + "'");
  if (what.digest.size() != digest_length || !std::all_of(what.digest.begin(), what.digest.end(), is_hexadecimal))
    throw error("the digest of the upload '" + name + "' is none");
}

}  // namespace troupe::detail
