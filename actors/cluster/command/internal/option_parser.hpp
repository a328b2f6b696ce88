#pragma once

#include <troupe/actors/cluster/config/config.hpp>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace CLI {
class App;
}

namespace troupe::detail {

/// The options of one command. Those that are settings are only collected: `apply` puts them on top of a configuration,
/// which checks them, so that a wrong value is told in the same words wherever it comes from.
class option_parser {
 public:
  /// `program` as help shows it: `troupe worker`.
  option_parser(std::string const& program, std::string const& purpose);
  ~option_parser();
  option_parser(option_parser const&) = delete;
  option_parser& operator=(option_parser const&) = delete;

  /// `names` as CLI11 has them (`--nworkers,--nprocs`), `placeholder` for its value. Without help it is not shown.
  void setting(std::string_view key, std::string const& names, std::string const& placeholder, std::string const& help);
  /// Several times, or once with commas.
  void list(std::string_view key, std::string const& names, std::string const& placeholder, std::string const& help);
  /// True when it is there.
  void flag(std::string_view key, std::string const& name, std::string const& help);
  /// True or false, by whichever comes last.
  void flag(std::string_view key, std::string const& yes, std::string const& no, std::string const& help);
  void switch_on(bool& on, std::string const& names, std::string const& help);
  void positional(std::string& into, std::string const& name, std::string const& help);
  void option(std::string& into, std::string const& names, std::string const& placeholder, std::string const& help);
  /// Options that follow are shown under this heading.
  void group(std::string heading) { group_ = std::move(heading); }
  void footer(std::string const& text);
  /// What is not known is left for `rest`.
  void leave_unknown();

  /// Throws usage_error. False where help was asked for.
  [[nodiscard]] bool parse(std::vector<std::string> args);
  [[nodiscard]] std::string help() const;
  [[nodiscard]] std::vector<std::string> rest() const;

  /// The configuration of the process with the options on top. Throws usage_error.
  [[nodiscard]] config settings() const;

 private:
  /// One name of an option, and what was given by that name: errors tell the name that was used.
  struct named_option {
    named_option(std::string_view k, std::string n) : key(k), name(std::move(n)) {}
    std::string key, name;
    std::vector<std::string> values = {};
    bool is_list = false;
  };
  /// `yes` is the name of a flag, `no` that of its opposite if it has one.
  struct named_flag {
    named_flag(std::string_view k, std::string y, std::string n) : key(k), yes(std::move(y)), no(std::move(n)) {}
    std::string key, yes, no;
    std::string value = {};
  };
  void add(std::string_view key, std::string const& names, std::string const& placeholder, std::string const& help,
           bool is_list);
  void add_flag(std::string_view key, std::string const& yes, std::string const& no, std::string const& help);
  [[nodiscard]] std::string unexpected(std::string const& complaint) const;

  std::unique_ptr<CLI::App> app_;
  // CLI11 keeps references to the values.
  std::deque<named_option> options_;
  std::deque<named_flag> flags_;
  std::vector<std::string> option_names_;
  std::string group_ = "Options";
  bool help_wanted_ = false, no_config_ = false;
};

}  // namespace troupe::detail
