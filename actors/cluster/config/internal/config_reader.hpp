#pragma once

#include <troupe/actors/cluster/config/config.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace YAML {
class Node;
}

namespace troupe::detail {

/// Puts YAML into a configuration.
class config_reader {
 public:
  explicit config_reader(config& into) : into_(into) {}

  /// A file, or the .yaml and .yml files of a folder in the order of their names. What cannot be read is an error if it
  /// has to exist, else a warning, or nothing where there is no such path.
  void read(std::filesystem::path const& path, bool has_to_exist);
  /// A value in a variable or an option: `source` is its name.
  void read_value(std::string_view key, std::string const& yaml, std::string const& source);

 private:
  void read_file(std::filesystem::path const& path, bool has_to_exist);
  void walk(YAML::Node const& node, std::string const& key);
  void leaf(YAML::Node const& node, setting const& s, std::string const& key);
  void warn_unknown(YAML::Node const& at, std::string const& key);
  [[nodiscard]] std::string source(YAML::Node const& node) const;
  [[nodiscard]] std::string blame(YAML::Node const& node, std::string const& key) const;

  config& into_;
  std::string name_;
  bool has_lines_ = true;
};

}  // namespace troupe::detail
