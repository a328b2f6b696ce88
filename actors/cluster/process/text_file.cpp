#include <troupe/actors/cluster/process/internal/text_file.hpp>

#include <fstream>
#include <iterator>

namespace troupe::detail {

std::optional<std::string> read_text_file(std::filesystem::path const& path) {
  std::error_code problem;
  if (std::filesystem::is_directory(path, problem)) return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (in.bad()) return std::nullopt;
  return text;
}

}  // namespace troupe::detail
