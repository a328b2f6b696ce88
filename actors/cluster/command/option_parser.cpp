#include <troupe/actors/cluster/command/internal/option_parser.hpp>
#include <troupe/actors/cluster/command/worker_command.hpp>
#include <troupe/actors/cluster/config/values.hpp>

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <map>

namespace troupe::detail {
namespace {

constexpr std::size_t help_column = 34;

std::vector<std::string> names_of(std::string const& names) { return parse_list(names); }

}  // namespace

option_parser::option_parser(std::string const& program, std::string const& purpose)
    : app_(std::make_unique<CLI::App>(purpose, program)) {
  app_->get_formatter()->column_width(help_column);
  app_->set_help_flag();
  // CLI11 would print help where it stands; who called decides what to do with it.
  app_->add_flag("-h,--help", help_wanted_, "this text")->group("General");
  app_->add_flag("--no-config", no_config_, "ignore configuration files and variables")->group("General");
  option_names_ = {"--help", "--no-config"};
}

option_parser::~option_parser() = default;

void option_parser::add(std::string_view key, std::string const& names, std::string const& placeholder,
                        std::string const& help, bool is_list) {
  auto group = group_;
  for (auto const& name : names_of(names)) {
    auto& option = options_.emplace_back(key, name);
    option.is_list = is_list;
    app_->add_option(name, option.values, help)->type_name(placeholder)->group(group)->allow_extra_args(false);
    option_names_.push_back(name);
    group.clear();  // other names are not shown
  }
}

void option_parser::setting(std::string_view key, std::string const& names, std::string const& placeholder,
                            std::string const& help) {
  add(key, names, placeholder, help, false);
}

void option_parser::list(std::string_view key, std::string const& names, std::string const& placeholder,
                         std::string const& help) {
  add(key, names, placeholder, help, true);
}

void option_parser::add_flag(std::string_view key, std::string const& yes, std::string const& no,
                             std::string const& help) {
  auto& flag = flags_.emplace_back(key, yes, no);
  app_->add_flag(no.empty() ? yes : fmt::format("{},!{}", yes, no), flag.value, help)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->group(group_);
  option_names_.push_back(yes);
  if (!no.empty()) option_names_.push_back(no);
}

void option_parser::flag(std::string_view key, std::string const& name, std::string const& help) {
  add_flag(key, name, "", help);
}

void option_parser::flag(std::string_view key, std::string const& yes, std::string const& no, std::string const& help) {
  add_flag(key, yes, no, help);
}

void option_parser::switch_on(bool& on, std::string const& names, std::string const& help) {
  app_->add_flag(names, on, help)->group(group_);
  option_names_.push_back(names);
}

void option_parser::positional(std::string& into, std::string const& name, std::string const& help) {
  app_->add_option(name, into, help)->type_name("");
}

void option_parser::option(std::string& into, std::string const& names, std::string const& placeholder,
                           std::string const& help) {
  app_->add_option(names, into, help)->type_name(placeholder)->group(group_);
  option_names_.push_back(names);
}

void option_parser::footer(std::string const& text) { app_->footer(text); }
void option_parser::leave_unknown() { app_->allow_extras(); }

bool option_parser::parse(std::vector<std::string> args) {
  std::reverse(args.begin(), args.end());  // as CLI11 takes them
  try {
    app_->parse(std::move(args));
  } catch (CLI::ExtrasError const& e) {
    throw usage_error(unexpected(e.what()));
  } catch (CLI::ParseError const& e) {
    throw usage_error(e.what());
  }
  return !help_wanted_;
}

std::string option_parser::unexpected(std::string const& complaint) const {
  auto rest = app_->remaining();
  if (rest.empty()) return complaint;
  auto word = rest.front().substr(0, rest.front().find('='));
  if (!word.starts_with("-")) return fmt::format("unexpected argument '{}'", word);
  std::vector<std::string_view> names(option_names_.begin(), option_names_.end());
  auto like = nearest(word, names);
  return fmt::format("there is no option '{}'{}", word,
                     like.empty() ? "; --help shows those there are" : fmt::format("; did you mean '{}'?", like));
}

std::string option_parser::help() const {
  auto text = app_->help();
  auto replace_all = [&](std::string_view what, std::string_view by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at))
      text.replace(at, what.size(), by);
  };
  // How CLI11 notes the flags that say no.
  replace_all("{false}", std::string(std::string_view("{false}").size(), ' '));
  replace_all("\n\n\n", "\n\n");
  return text;
}
std::vector<std::string> option_parser::rest() const { return app_->remaining(); }

config option_parser::settings() const {
  try {
    auto result = no_config_ ? config() : config::load();
    struct given_list {
      std::vector<std::string> items;
      std::string option;
    };
    std::map<std::string, given_list> lists;
    for (auto const& option : options_) {
      if (option.values.empty()) continue;
      if (!option.is_list) {
        result.set(option.key, option.values.back(), option.name);
        continue;
      }
      auto& list = lists[option.key];
      list.option = option.name;
      for (auto const& value : option.values)
        for (auto& part : parse_list(value)) list.items.push_back(std::move(part));
    }
    for (auto const& flag : flags_)
      if (!flag.value.empty()) result.set(flag.key, flag.value, flag.value == "true" ? flag.yes : flag.no);
    for (auto& [key, list] : lists) {
      if (find_setting(key)->is_table())
        result.set(key, fmt::format("{}", fmt::join(list.items, ",")), list.option);
      else
        result.set_list(key, std::move(list.items), list.option);
    }
    return result;
  } catch (usage_error const&) {
    throw;
  } catch (error const& e) {
    throw usage_error(e.what());
  }
}

}  // namespace troupe::detail
