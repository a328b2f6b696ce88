#include <troupe/actors/functions/function_name.hpp>
#include <troupe/futures/errors.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace troupe::detail {
namespace {

constexpr std::string_view anonymous = "(anonymous namespace)";
constexpr auto npos = std::string_view::npos;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_identifier(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
}

/// The end of a name component that begins at `at` if it is `operator…`, else npos: what looks like brackets in it is
/// none.
std::size_t end_of_operator(std::string_view text, std::size_t at) {
  constexpr std::string_view keyword = "operator";
  if (!text.substr(at).starts_with(keyword) || (at > 0 && is_identifier(text[at - 1]))) return npos;
  std::size_t end = at + keyword.size();
  if (end < text.size() && is_identifier(text[end])) return npos;
  if (text.substr(end).starts_with("()") || text.substr(end).starts_with("[]")) return end + 2;
  while (end < text.size() && text[end] != '(') ++end;
  return end;
}

struct declarator {
  std::size_t begin = 0;  // of the qualified name
  std::size_t end = 0;
};

/// The qualified name in `[result ]name[(parameters)][ const]`.
declarator find_name(std::string_view text) {
  declarator found{0, text.size()};
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with(anonymous)) {
      i += anonymous.size() - 1;
      continue;
    }
    if (depth == 0)
      if (auto end = end_of_operator(text, i); end != npos) {
        found.end = end;
        return found;
      }
    char const c = text[i];
    if (c == '(' && depth == 0) {
      found.end = i;
      return found;
    }
    if (c == ' ' && depth == 0) found.begin = i + 1;
    if (c == '<' || c == '(' || c == '{') ++depth;
    if (c == '>' || c == ')' || c == '}') --depth;
  }
  return found;
}

/// `X` of `…function_tag<&X>`, without the parentheses that some names are put in.
std::string_view tagged(std::string_view tag) {
  auto from = tag.find("function_tag<");
  if (from == npos) return tag;
  from += std::string_view("function_tag<").size();
  std::string_view text = tag.substr(from, tag.rfind('>') - from);
  if (text.starts_with('&')) text.remove_prefix(1);
  if (text.starts_with('(') && text.ends_with(')') && !text.starts_with(anonymous))
    text = text.substr(1, text.size() - 2);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// Parameters and qualifiers of a function pointer or member function pointer: `(int) const`.
std::string_view parameters_of(std::string_view pointer_type) {
  constexpr std::string_view no_throw = " noexcept";
  auto star = pointer_type.find("*)(");
  if (star == npos) return {};
  auto text = pointer_type.substr(star + 2);
  if (text.ends_with(no_throw)) text.remove_suffix(no_throw.size());
  return text;
}

/// Removes `<length><identifier>` from the front and gives the identifier; empty where there is none.
std::string_view take_identifier(std::string_view& mangled) {
  std::size_t length = 0;
  while (!mangled.empty() && is_digit(mangled[0])) {
    length = length * 10 + static_cast<std::size_t>(mangled[0] - '0');
    mangled.remove_prefix(1);
  }
  auto const identifier = mangled.substr(0, length);
  mangled.remove_prefix(identifier.size());
  return identifier;
}

/// What clang notes of the parameters of templates, in a way that GCC does not and that GCC's library cannot read:
/// `auto`, templates as arguments, concepts of namespace std. Others change the numbering of what comes after them.
std::string without_parameter_marks(std::string mangled) {
  for (std::string_view mark : {"TnDa", "TtTpTyE", "TtTyE"})
    for (auto at = mangled.find(mark); at != npos; at = mangled.find(mark, at)) mangled.erase(at, mark.size());
  for (std::string_view mark : {"TpTkSt", "TkSt", "TnDkSt"})
    for (auto at = mangled.find(mark); at != npos; at = mangled.find(mark, at)) {
      std::string_view rest = std::string_view(mangled).substr(at + mark.size());
      take_identifier(rest);
      mangled.erase(at, mangled.size() - at - rest.size());
    }
  return mangled;
}

/// As mangled where the library cannot read it.
std::string readable(std::type_info const& type) {
  std::string name = readable_type_name(type.name());
  return name == type.name() ? readable_type_name(without_parameter_marks(name).c_str()) : name;
}

/// The qualified name, without template arguments, of the function that a mangled tag names.
std::string qualified_name(std::string_view mangled) {
  auto const from = mangled.find("L_Z");
  if (from == npos) return {};
  mangled.remove_prefix(from + 3);
  while (!mangled.empty() && !is_digit(mangled[0]) && mangled[0] != 'I') mangled.remove_prefix(1);
  std::string name;
  for (auto part = take_identifier(mangled); !part.empty(); part = take_identifier(mangled))
    name.append(name.empty() ? "" : "::").append(part);
  return name;
}

std::string without_template_arguments(std::string_view name) {
  std::string result;
  int depth = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (depth == 0)
      if (auto end = end_of_operator(name, i); end != npos) return result.append(name.substr(i, end - i));
    if (name[i] == '<') ++depth;
    if (depth == 0) result += name[i];
    if (name[i] == '>') --depth;
  }
  return result;
}

/// `f` for `f[abi:cxx11]`: the library's mark on functions that return its strings.
std::string without_abi_tags(std::string name) {
  for (auto at = name.find("[abi:"); at != npos; at = name.find("[abi:", at))
    name.erase(at, name.find(']', at) - at + 1);
  return name;
}

/// The last `count` components of a qualified name.
std::string last_components(std::string const& name, int count) {
  std::size_t from = name.size();
  for (; count > 0; --count) {
    auto colons = from == 0 ? npos : name.rfind("::", from - 1);
    if (colons == npos) return name;
    from = colons;
  }
  return name.substr(from + 2);
}

void tidy(std::string& name) {
  constexpr std::string_view written = "std::basic_string<char, std::char_traits<char>, std::allocator<char> >";
  for (auto at = name.find(written); at != npos; at = name.find(written, at))
    name.replace(at, written.size(), "std::string");
  for (auto at = name.find(" >"); at != npos; at = name.find(" >", at)) name.erase(at, 1);
}

/// The bytes of an encoded name from `at` on begin with a name of internal linkage: `L` before an identifier, after
/// the namespaces it is in.
bool begins_internal(std::string_view mangled) {
  while (mangled.starts_with('Z')) mangled.remove_prefix(1);
  if (mangled.starts_with('N')) mangled.remove_prefix(std::min(mangled.find_first_not_of("rVKRO", 1), mangled.size()));
  while (!mangled.empty()) {
    if (mangled[0] == 'L') return mangled.size() > 1 && is_digit(mangled[1]);
    if (mangled.starts_with("St")) {
      mangled.remove_prefix(2);
    } else if (mangled[0] == 'S') {
      mangled.remove_prefix(std::min(mangled.find('_'), mangled.size() - 1) + 1);
    } else if (is_digit(mangled[0])) {
      take_identifier(mangled);
    } else {
      return false;
    }
  }
  return false;
}

/// Somewhere in a type is something that other object files cannot name.
bool is_internal(std::string_view mangled, std::string_view readable) {
  for (std::string_view sign : {anonymous, std::string_view("{lambda("), std::string_view("'lambda"),
                                std::string_view("{unnamed"), std::string_view("$_")})
    if (readable.find(sign) != npos) return true;
  if (begins_internal(mangled)) return true;
  constexpr std::string_view address = "L_Z";
  for (auto at = mangled.find(address); at != npos; at = mangled.find(address, at + 1))
    if (begins_internal(mangled.substr(at + address.size()))) return true;
  return false;
}

}  // namespace

function_names names_of_function(std::type_info const& tag, std::type_info const& type) {
  std::string const tag_name = readable(tag);
  std::string const type_name = readable(type);
  bool const is_readable = tag_name.find("function_tag<") != npos;
  // Constraints of a template that clang writes down: the mangled name tells its instances apart, for clang alone.
  std::string const fallback = is_readable ? "" : qualified_name(tag.name());
  std::string_view const text = is_readable ? tagged(tag_name) : fallback;
  declarator const at = find_name(text);
  std::string_view const name = text.substr(at.begin, at.end - at.begin);
  bool const member = type_name.find("::*)(") != npos;

  function_names names;
  names.full.append(text.substr(at.begin).starts_with('(') && name.empty() ? text : name)
      .append(is_readable ? "" : fmt::format("<{}>", tag_name))
      .append(parameters_of(type_name));
  tidy(names.full);
  names.short_name = last_components(without_abi_tags(without_template_arguments(name)), member ? 2 : 1);
  names.internal = is_internal(tag.name(), tag_name);
  return names;
}

function_names names_of_object(std::type_info const& type, std::type_info const& call_operator) {
  std::string const type_name = readable(type);
  bool const lambda =
      type_name.find("{lambda(") != npos || type_name.find("$_") != npos || type_name.find("'lambda") != npos;
  std::string const operator_name = readable(call_operator);

  function_names names;
  names.full = type_name;
  if (!lambda) names.full.append("::operator()").append(parameters_of(operator_name));
  tidy(names.full);
  names.short_name = lambda ? "lambda" : last_components(without_template_arguments(type_name), 1);
  names.internal = is_internal(type.name(), type_name);
  return names;
}

}  // namespace troupe::detail
