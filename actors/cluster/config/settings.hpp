#pragma once

#include <span>
#include <string>
#include <string_view>

namespace troupe::detail {

/// What a setting's text has to be; see values.hpp.
enum class setting_kind {
  text,
  flag,
  count,
  worker_count,  ///< `auto`, a number, or how many less than the processors: -1 is one per processor
  ports,
  address,
  duration,
  optional_duration,  ///< also empty
  memory_limit,       ///< `auto`, a size, or a share of the machine up to 1
  fraction,
  size,         ///< bytes: 50MB
  compression,  ///< auto, lz4, zstd or none
  list,
  amounts,  ///< a table of names and numbers
  texts     ///< a table of names and texts
};

/// A setting that Troupe knows: its key, its built-in value and what it is for.
struct setting {
  std::string_view key;
  setting_kind kind;
  std::string_view standard;
  std::string_view meaning;

  [[nodiscard]] bool is_table() const noexcept { return kind == setting_kind::amounts || kind == setting_kind::texts; }
};

/// In the order in which they are printed.
[[nodiscard]] std::span<setting const> all_settings() noexcept;

/// The setting with this key, or whose table holds it; null where there is none. `-` and `_` are the same, and so are
/// capitals and small letters.
[[nodiscard]] setting const* find_setting(std::string_view key);
/// The keys that begin with `section.`: whether there is such a section.
[[nodiscard]] bool is_section(std::string_view key);

/// Small letters, `-` for `_`.
[[nodiscard]] std::string canonical(std::string_view key);

/// Throws bad_value unless it is a text that the setting takes (of a table: that one of its entries takes).
void check_setting(setting const& s, std::string_view text);

/// Whichever of the candidates is most like `word`; empty where none is much like it.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<std::string_view const> candidates);
[[nodiscard]] std::string_view nearest_key(std::string_view key);

}  // namespace troupe::detail
