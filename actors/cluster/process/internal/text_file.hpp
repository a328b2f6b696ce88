#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace troupe::detail {

/// The whole of a small file; empty where it cannot be read.
[[nodiscard]] std::optional<std::string> read_text_file(std::filesystem::path const& path);

}  // namespace troupe::detail
