#pragma once

#include <troupe/futures/clock.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::detail {

/// The address in the text of a scheduler file: its only line, or `address` of a JSON object. Empty while there is none
/// yet. Throws error for what is no address.
[[nodiscard]] std::optional<std::string> address_in_scheduler_file(std::string_view text);

/// Waits until the file is there and whole, as it may come over a shared file system that tells nobody of changes.
/// Throws error that names the file when it is not within `timeout`.
[[nodiscard]] std::string read_scheduler_file(std::filesystem::path const& path, duration timeout);

}  // namespace troupe::detail
