#include <troupe/futures/format.hpp>

#include <fmt/format.h>

#include <array>
#include <ostream>

namespace troupe::detail {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// Where the template argument ends that begins at `at`: at its comma or closing bracket.
std::size_t end_of_argument(std::string const& text, std::size_t at) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    char c = text[at];
    if (depth == 0 && (c == ',' || c == '>')) break;
    if (c == '<' || c == '(') ++depth;
    if (c == '>' || c == ')') --depth;
  }
  return at;
}

void drop_arguments(std::string& text, std::string_view beginning) {
  std::string const sought = ", " + std::string(beginning);
  for (auto at = text.find(sought); at != text.npos; at = text.find(sought, at))
    text.erase(at, end_of_argument(text, at + 2) - at);
}

}  // namespace

std::string spelled_type(std::type_info const& type) {
  auto text = readable_type_name(type.name());
  for (auto* library :
       {"std::char_traits<", "std::allocator<", "std::less<", "std::hash<", "std::equal_to<", "std::default_delete<"})
    drop_arguments(text, library);
  replace_all(text, " >", ">");
  replace_all(text, "std::basic_string<char>", "std::string");
  replace_all(text, "std::basic_string_view<char>", "std::string_view");
  return text;
}

std::string spelled_bytes(std::size_t bytes) {
  constexpr std::array units{"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 1000) return fmt::format("{} B", bytes);
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 999.5 && unit + 1 < units.size(); ++unit) value /= 1000;
  return fmt::format("{:.{}f} {}", value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0, units[unit]);
}

std::string describe_future(std::type_info const& type, state_base const* state) {
  auto name = "future<" + spelled_type(type) + ">";
  if (!state) return name + ": empty";
  if (auto key = state->key(); !key.empty()) name += " " + key;
  switch (state->status()) {
    case future_status::pending:
      return name + ": pending";
    case future_status::cancelled:
      return name + ": cancelled";
    case future_status::failed:
      return name + ": failed " + describe(state->error());
    case future_status::finished:
      break;
  }
  return type == typeid(void) ? name + ": finished" : name + ": finished " + spelled_bytes(state->nbytes());
}

std::ostream& write_text(std::ostream& out, std::string_view text) { return out << text; }

}  // namespace troupe::detail
