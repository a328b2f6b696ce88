#pragma once

#include <troupe/actors/cluster/config/settings.hpp>
#include <troupe/futures/clock.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::detail {

/// Where configuration is looked for.
struct config_origins {
  /// YAML files and folders of them, the strongest last; those that do not exist are passed over.
  std::vector<std::filesystem::path> files = {};
  /// A file or folder that has to exist; stronger than those; "" for none.
  std::filesystem::path asked_for = {};
  /// Names and values; those that begin with `TROUPE_` count.
  std::map<std::string, std::string> environment = {};

  /// /etc/troupe, ~/.config/troupe, $TROUPE_CONFIG and the environment of this process.
  [[nodiscard]] static config_origins of_process();
};

/// The settings in force, each with where it came from. See docs/configuration.md.
///
/// Every value is checked when it comes in, so that what is read later is right; the error that a wrong one throws
/// names file, line and key, or the variable or option. Threads: not to be changed while others read it.
class config {
 public:
  /// The built-in values alone.
  config();
  /// Built-in values, then files, then the environment. Throws error for a file that is no YAML or has a wrong value.
  [[nodiscard]] static config load(config_origins const& origins = config_origins::of_process());

  // Stronger than everything before. `source` names where the text comes from, as errors and print begin.
  /// A list is split at commas, a table (`GPU=2,MEM=1`) replaced; so is one that is written as YAML: `[a, b]`, `{a:
  /// 1}`. Throws error for a key that does not exist.
  void set(std::string_view key, std::string_view text, std::string const& source);
  void set_list(std::string_view key, std::vector<std::string> items, std::string const& source);

  // The key has to be one of all_settings() and of the kind asked for (std::logic_error).
  [[nodiscard]] std::string const& text(std::string_view key) const;
  [[nodiscard]] bool flag(std::string_view key) const;
  [[nodiscard]] std::uint32_t count(std::string_view key) const;
  [[nodiscard]] double fraction(std::string_view key) const;
  [[nodiscard]] duration time(std::string_view key) const;
  [[nodiscard]] std::vector<std::string> const& list(std::string_view key) const;
  [[nodiscard]] std::map<std::string, double> amounts(std::string_view key) const;
  [[nodiscard]] std::map<std::string, std::string> texts(std::string_view key) const;

  /// `default`, `/etc/troupe/a.yaml:3`, `TROUPE_WORKER__NTHREADS`, `--nthreads`
  [[nodiscard]] std::string const& source(std::string_view key) const;
  /// How an error about the setting begins: source and key.
  [[nodiscard]] std::string blame(std::string_view key) const;

  /// Unknown keys and the like, in the order in which they were met.
  [[nodiscard]] std::vector<std::string> const& warnings() const noexcept { return warnings_; }

  /// The value as one line, sections and tables as YAML; throws error for a key that does not exist.
  [[nodiscard]] std::string get(std::string_view key) const;
  /// All of it as YAML, each value with its source as a comment.
  [[nodiscard]] std::string to_yaml() const;

 private:
  friend class config_reader;

  struct entry {
    std::vector<std::string> items;  ///< one, or those of a list
    std::string source;
  };
  using table = std::map<std::string, entry, std::less<>>;

  [[nodiscard]] entry const& at(std::string_view key) const;
  void put(setting const& s, std::string_view key, std::vector<std::string> items, std::string const& source,
           std::string const& blamed);
  /// As if it had not been given.
  void reset(setting const& s, std::string_view key, std::string const& source);
  [[nodiscard]] std::string print(std::string_view section, bool with_sources) const;
  void read_environment(config_origins const& origins);

  std::map<std::string_view, entry> values_;
  std::map<std::string_view, table> tables_;
  std::vector<std::string> warnings_;
};

}  // namespace troupe::detail
