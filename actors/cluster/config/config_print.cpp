#include <troupe/actors/cluster/config/config.hpp>
#include <troupe/futures/errors.hpp>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>

namespace troupe::detail {
namespace {

constexpr std::size_t comment_column = 40;

std::string scalar(std::string const& text) {
  YAML::Emitter out;
  out << text;
  return out.c_str();
}

std::string yaml_value(setting const& s, std::vector<std::string> const& items) {
  if (s.kind != setting_kind::list) return scalar(items.at(0));
  YAML::Emitter out;
  out << YAML::Flow << items;
  return out.c_str();
}

/// Opens sections as keys need them.
class printer {
 public:
  void section(std::string_view key) {
    auto dot = key.rfind('.');
    auto wanted = dot == std::string_view::npos ? std::string_view() : key.substr(0, dot);
    if (wanted == open_) return;
    std::size_t depth = 0;
    for (std::size_t begin = 0; begin < wanted.size(); ++depth) {
      auto end = std::min(wanted.find('.', begin), wanted.size());
      auto so_far = wanted.substr(0, end);
      bool was_open = open_ == so_far || open_.starts_with(std::string(so_far) + '.');
      if (!was_open) text_ += fmt::format("{:{}}{}:\n", "", 2 * depth, wanted.substr(begin, end - begin));
      begin = end + 1;
    }
    open_ = wanted;
  }
  void line(std::string_view key, std::string const& value, std::string_view comment) {
    section(key);
    auto depth = static_cast<std::size_t>(std::count(key.begin(), key.end(), '.'));
    auto text = fmt::format("{:{}}{}: {}", "", 2 * depth, key.substr(key.rfind('.') + 1), value);
    text_ += comment.empty() ? text + '\n' : fmt::format("{:{}}  # {}\n", text, comment_column, comment);
  }
  void entry(std::string_view table, std::string const& name, std::string const& value, std::string_view comment) {
    auto depth = static_cast<std::size_t>(std::count(table.begin(), table.end(), '.')) + 1;
    auto text = fmt::format("{:{}}{}: {}", "", 2 * depth, scalar(name), value);
    text_ += comment.empty() ? text + '\n' : fmt::format("{:{}}  # {}\n", text, comment_column, comment);
  }
  void open_table(std::string_view key) {
    section(key);
    auto depth = static_cast<std::size_t>(std::count(key.begin(), key.end(), '.'));
    text_ += fmt::format("{:{}}{}:\n", "", 2 * depth, key.substr(key.rfind('.') + 1));
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::string open_;
};

}  // namespace

std::string config::to_yaml() const { return print("", true); }

std::string config::print(std::string_view section, bool with_sources) const {
  printer out;
  for (auto const& s : all_settings()) {
    if (!section.empty() && s.key != section && !s.key.starts_with(std::string(section) + '.')) continue;
    if (!s.is_table()) {
      auto const& e = at(s.key);
      out.line(s.key, yaml_value(s, e.items), with_sources ? e.source : std::string());
      continue;
    }
    auto const& entries = tables_.at(s.key);
    if (entries.empty()) {
      out.line(s.key, "{}", "");
      continue;
    }
    out.open_table(s.key);
    for (auto const& [name, e] : entries)
      out.entry(s.key, name, scalar(e.items.at(0)), with_sources ? e.source : std::string());
  }
  return out.take();
}

std::string config::get(std::string_view key) const {
  auto wanted = canonical(key);
  auto const* s = find_setting(key);
  if (!s && is_section(key)) return print(wanted, false);
  if (!s) {
    auto like = nearest_key(key);
    throw error(
        fmt::format("there is no setting '{}'{}", key, like.empty() ? "" : fmt::format("; did you mean '{}'?", like)));
  }
  if (!s->is_table()) {
    auto const& e = at(s->key);
    return (s->kind == setting_kind::list ? yaml_value(*s, e.items) : e.items.at(0)) + '\n';
  }
  if (wanted == s->key) return print(s->key, false);
  auto const& entries = tables_.at(s->key);
  auto found = entries.find(key.substr(s->key.size() + 1));
  if (found == entries.end()) throw error(fmt::format("'{}' is not set", key));
  return found->second.items.at(0) + '\n';
}

}  // namespace troupe::detail
