#include <troupe/actors/cluster/config/internal/config_reader.hpp>
#include <troupe/actors/cluster/process/internal/text_file.hpp>
#include <troupe/futures/errors.hpp>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <vector>

namespace troupe::detail {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> yaml_files(fs::path const& folder) {
  std::vector<fs::path> files;
  for (auto const& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".yaml" || entry.path().extension() == ".yml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::string joined(std::string const& section, std::string const& name) {
  return section.empty() ? name : fmt::format("{}.{}", section, name);
}

}  // namespace

void config_reader::read(fs::path const& path, bool has_to_exist) {
  std::error_code problem;
  auto status = fs::status(path, problem);
  if (!fs::exists(status)) {
    if (has_to_exist) throw error(fmt::format("{}: no such configuration file or folder", path.string()));
    return;
  }
  if (!fs::is_directory(status)) return read_file(path, has_to_exist);
  std::vector<fs::path> files;
  try {
    files = yaml_files(path);
  } catch (fs::filesystem_error const& e) {
    auto text = fmt::format("{}: {}", path.string(), e.code().message());
    if (has_to_exist) throw error(text);
    into_.warnings_.push_back(text);
  }
  for (auto const& file : files) read_file(file, has_to_exist);
}

void config_reader::read_file(fs::path const& path, bool has_to_exist) {
  name_ = path.string();
  has_lines_ = true;
  auto text = read_text_file(path);
  if (!text) {
    auto complaint = fmt::format("{}: cannot be read", name_);
    if (has_to_exist) throw error(complaint);
    into_.warnings_.push_back(complaint);
    return;
  }
  YAML::Node root;
  try {
    root = YAML::Load(*text);
  } catch (YAML::Exception const& e) {
    throw error(fmt::format("{}:{}: {}", name_, e.mark.line + 1, e.msg));
  }
  if (root.IsNull()) return;
  if (!root.IsMap()) throw error(fmt::format("{}: settings have to be 'key: value' lines", source(root)));
  walk(root, "");
}

void config_reader::read_value(std::string_view key, std::string const& yaml, std::string const& source) {
  name_ = source;
  has_lines_ = false;
  YAML::Node node;
  try {
    node = YAML::Load(yaml);
  } catch (YAML::Exception const& e) {
    throw error(fmt::format("{}: {}", source, e.msg));
  }
  walk(node, std::string(key));
}

void config_reader::walk(YAML::Node const& node, std::string const& key) {
  auto const* found = key.empty() ? nullptr : find_setting(key);
  bool table = found && found->is_table() && canonical(key) == found->key;
  if (found && !table) return leaf(node, *found, key);
  if (!found && !key.empty() && !is_section(key)) return warn_unknown(node, key);
  if (node.IsNull()) return;
  if (!node.IsMap())
    throw error(
        fmt::format("{} takes {}", blame(node, key), table ? "a table such as {GPU: 2}" : "settings of its own"));
  std::set<std::string> seen;
  for (auto const& pair : node) {
    if (!pair.first.IsScalar()) throw error(fmt::format("{}: a key has to be a word", source(pair.first)));
    auto const& name = pair.first.Scalar();
    auto inner = joined(key, name);
    if (!seen.insert(table ? name : canonical(name)).second)
      into_.warnings_.push_back(fmt::format("{} is given twice; this one counts", blame(pair.first, inner)));
    walk(pair.second, inner);
  }
}

void config_reader::leaf(YAML::Node const& node, setting const& s, std::string const& key) {
  if (node.IsNull()) {
    into_.reset(s, key, source(node));
  } else if (node.IsScalar()) {
    auto const& text = node.Scalar();
    auto items = s.kind == setting_kind::list && text.empty() ? std::vector<std::string>{} : std::vector{text};
    into_.put(s, key, std::move(items), source(node), blame(node, key));
  } else if (node.IsSequence() && s.kind == setting_kind::list) {
    std::vector<std::string> items;
    for (auto const& item : node) {
      if (!item.IsScalar()) throw error(fmt::format("{} takes a list of words", blame(item, key)));
      items.push_back(item.Scalar());
    }
    into_.put(s, key, std::move(items), source(node), blame(node, key));
  } else {
    throw error(fmt::format("{} takes one value, not a {}", blame(node, key), node.IsMap() ? "table" : "list"));
  }
}

void config_reader::warn_unknown(YAML::Node const& at, std::string const& key) {
  auto like = nearest_key(key);
  into_.warnings_.push_back(fmt::format("{}: there is no setting '{}'{}", source(at), key,
                                        like.empty() ? "" : fmt::format("; did you mean '{}'?", like)));
}

std::string config_reader::source(YAML::Node const& node) const {
  return has_lines_ ? fmt::format("{}:{}", name_, node.Mark().line + 1) : name_;
}

std::string config_reader::blame(YAML::Node const& node, std::string const& key) const {
  if (has_lines_) return fmt::format("{}: {}", source(node), key);
  return name_;
}

}  // namespace troupe::detail
