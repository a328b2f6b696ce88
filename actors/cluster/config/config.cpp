#include <troupe/actors/cluster/config/config.hpp>
#include <troupe/actors/cluster/config/internal/config_reader.hpp>
#include <troupe/actors/cluster/config/values.hpp>
#include <troupe/futures/errors.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace troupe::detail {
namespace {

constexpr std::string_view built_in = "default";
constexpr std::string_view prefix = "TROUPE_";
constexpr std::string_view file_variable = "TROUPE_CONFIG";

bool looks_like_yaml(std::string_view text) {
  auto word = trimmed(text);
  return word.starts_with('{') || word.starts_with('[');
}

std::string key_of_variable(std::string_view name) {
  std::string key(name.substr(prefix.size()));
  for (auto at = key.find("__"); at != std::string::npos; at = key.find("__", at)) key.replace(at, 2, ".");
  return key;
}

std::vector<std::pair<std::string, std::string>> table_entries(setting const& s, std::string_view text) {
  std::vector<std::pair<std::string, std::string>> entries;
  for (auto const& part : parse_list(text)) {
    auto equals = part.find('=');
    if (equals == 0 || equals == std::string::npos)
      throw bad_value(fmt::format("takes names with {} such as {}, not '{}'",
                                  s.kind == setting_kind::amounts ? "amounts" : "values",
                                  s.kind == setting_kind::amounts ? "GPU=2,MEM=1e9" : "A=1,B=2", part));
    entries.emplace_back(trimmed(std::string_view(part).substr(0, equals)),
                         trimmed(std::string_view(part).substr(equals + 1)));
  }
  return entries;
}

}  // namespace

config_origins config_origins::of_process() {
  config_origins origins;
  for (char** entry = environ; entry && *entry; ++entry) {
    std::string_view text = *entry;
    auto equals = text.find('=');
    if (equals != std::string_view::npos) origins.environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  auto variable = [&](std::string_view name) {
    auto found = origins.environment.find(std::string(name));
    return found == origins.environment.end() ? std::string() : found->second;
  };
  origins.files.emplace_back("/etc/troupe");
  if (auto home = variable("HOME"); !home.empty())
    origins.files.push_back(std::filesystem::path(home) / ".config" / "troupe");
  origins.asked_for = variable(file_variable);
  return origins;
}

config::config() {
  for (auto const& s : all_settings()) set(s.key, s.standard, std::string(built_in));
}

config config::load(config_origins const& origins) {
  config result;
  config_reader reader(result);
  for (auto const& path : origins.files) reader.read(path, false);
  if (!origins.asked_for.empty()) reader.read(origins.asked_for, true);
  result.read_environment(origins);
  return result;
}

void config::read_environment(config_origins const& origins) {
  for (auto const& [name, value] : origins.environment) {
    if (!name.starts_with(prefix) || name == file_variable) continue;
    auto key = key_of_variable(name);
    auto const* s = find_setting(key);
    if (!s && !is_section(key)) {
      auto like = nearest_key(key);
      warnings_.push_back(fmt::format("{}: there is no setting '{}'{}", name, canonical(key),
                                      like.empty() ? "" : fmt::format("; did you mean '{}'?", like)));
    } else if (!s || looks_like_yaml(value)) {
      config_reader(*this).read_value(key, value, name);
    } else {
      set(key, value, name);
    }
  }
}

void config::set(std::string_view key, std::string_view text, std::string const& source) {
  auto const* s = find_setting(key);
  if (!s) throw error(fmt::format("{}: there is no setting '{}'", source, key));
  bool whole_table = s->is_table() && canonical(key) == s->key;
  try {
    if (looks_like_yaml(text) && (whole_table || s->kind == setting_kind::list)) {
      if (whole_table) tables_[s->key].clear();
      config_reader(*this).read_value(key, std::string(text), source);
    } else if (whole_table) {
      auto entries = table_entries(*s, text);
      tables_[s->key].clear();
      for (auto const& [name, value] : entries) put(*s, fmt::format("{}.{}", s->key, name), {value}, source, source);
    } else if (s->kind == setting_kind::list) {
      put(*s, key, parse_list(text), source, source);
    } else {
      put(*s, key, {std::string(text)}, source, source);
    }
  } catch (bad_value const& e) {
    throw error(fmt::format("{} {}", source, e.what()));
  }
}

void config::set_list(std::string_view key, std::vector<std::string> items, std::string const& source) {
  auto const* s = find_setting(key);
  if (!s || s->kind != setting_kind::list) throw error(fmt::format("{}: '{}' is no list", source, key));
  put(*s, key, std::move(items), source, source);
}

void config::put(setting const& s, std::string_view key, std::vector<std::string> items, std::string const& source,
                 std::string const& blamed) {
  try {
    for (auto const& item : items) check_setting(s, item);
  } catch (bad_value const& e) {
    throw error(fmt::format("{} {}", blamed, e.what()));
  }
  auto& where = s.is_table() ? tables_[s.key][std::string(key.substr(s.key.size() + 1))] : values_[s.key];
  where = {std::move(items), source};
}

void config::reset(setting const& s, std::string_view key, std::string const& source) {
  if (s.is_table())
    tables_[s.key].erase(std::string(key.substr(s.key.size() + 1)));
  else
    set(s.key, s.standard, source);
}

config::entry const& config::at(std::string_view key) const {
  auto found = values_.find(key);
  if (found == values_.end()) throw std::logic_error(fmt::format("'{}' is no setting with a value", key));
  return found->second;
}

std::string const& config::text(std::string_view key) const { return at(key).items.at(0); }
bool config::flag(std::string_view key) const { return parse_flag(text(key)); }
std::uint32_t config::count(std::string_view key) const { return parse_count(text(key)); }
double config::fraction(std::string_view key) const { return parse_fraction(text(key)); }
duration config::time(std::string_view key) const {
  return text(key).empty() ? duration::zero() : parse_duration(text(key));
}
std::vector<std::string> const& config::list(std::string_view key) const { return at(key).items; }

std::map<std::string, std::string> config::texts(std::string_view key) const {
  std::map<std::string, std::string> result;
  if (auto found = tables_.find(key); found != tables_.end())
    for (auto const& [name, value] : found->second) result.emplace(name, value.items.at(0));
  return result;
}

std::map<std::string, double> config::amounts(std::string_view key) const {
  std::map<std::string, double> result;
  for (auto const& [name, value] : texts(key)) result.emplace(name, parse_amount(value));
  return result;
}

std::string const& config::source(std::string_view key) const { return at(key).source; }

std::string config::blame(std::string_view key) const {
  auto const& from = source(key);
  // Variables and options say by their names which setting they are.
  if (from.starts_with("--") || from.starts_with(prefix)) return from;
  return fmt::format("{}: {}", from, key);
}

}  // namespace troupe::detail
