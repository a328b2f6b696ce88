#pragma once

#include <troupe/net/codec/travels.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <vector>

namespace troupe {
namespace detail {

/// Spells types; knows the structs it is inside of, so that recursive ones end.
class schema_writer {
 public:
  void add(std::string_view text) { text_ += text; }
  void add_number(std::int64_t number) { text_ += std::to_string(number); }
  void add_type_name(std::type_info const& type);
  /// False when the struct is open already: then it is spelt `^n`, n structs outwards.
  [[nodiscard]] bool open(std::type_info const& type);
  void close() { open_.pop_back(); }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::vector<std::type_info const*> open_;
};

[[nodiscard]] std::uint64_t hash_schema(std::string_view schema) noexcept;

template <class T>
void spell(schema_writer& out);

template <class... T>
void spell_list(schema_writer& out, type_list<T...>) {
  [[maybe_unused]] bool first = true;
  ((first ? static_cast<void>(first = false) : out.add(","), spell<T>(out)), ...);
}
template <class... T>
void spell_template(schema_writer& out, std::string_view name, type_list<T...> arguments) {
  out.add(name);
  out.add("<");
  spell_list(out, arguments);
  out.add(">");
}

template <class T>
void spell(schema_writer& out) {
  using enum codec_kind;
  constexpr codec_kind k = kind_of<T>;
  if constexpr (k == boolean) {
    out.add("bool");
  } else if constexpr (k == integer) {
    out.add(std::is_signed_v<T> ? "i" : "u");
    out.add_number(8 * sizeof(T));
  } else if constexpr (k == floating) {
    out.add(sizeof(T) == 4 ? "f32" : "f64");
  } else if constexpr (k == enumeration) {
    spell_template(out, "enum", type_list<std::underlying_type_t<T>>{});
  } else if constexpr (k == string) {
    out.add("str");
  } else if constexpr (k == shared_bytes) {
    out.add("bytes");
  } else if constexpr (k == path) {
    out.add("path");
  } else if constexpr (k == bits) {
    out.add("list<bool>");
  } else if constexpr (k == run) {
    spell_template(out, "list", type_list<typename T::value_type>{});
  } else if constexpr (k == sequence) {
    // Written differently from a contiguous run of the same elements.
    using element = typename T::value_type;
    spell_template(out, run_element<element> || std::is_same_v<element, bool> ? "items" : "list", parts_of<T>{});
  } else if constexpr (k == array) {
    out.add("array<");
    spell<typename T::value_type>(out);
    out.add(",");
    out.add_number(std::tuple_size_v<T>);
    out.add(">");
  } else if constexpr (k == map) {
    spell_template(out, "map", parts_of<T>{});
  } else if constexpr (k == set) {
    spell_template(out, "set", parts_of<T>{});
  } else if constexpr (k == optional || k == owner) {
    spell_template(out, "optional", parts_of<T>{});
  } else if constexpr (k == variant) {
    spell_template(out, "variant", parts_of<T>{});
  } else if constexpr (k == tuple) {
    spell_template(out, "tuple", parts_of<T>{});
  } else if constexpr (k == duration) {
    out.add("duration<");
    spell<typename T::rep>(out);
    out.add(",");
    out.add_number(T::period::num);
    out.add("/");
    out.add_number(T::period::den);
    out.add(">");
  } else if constexpr (k == time_point) {
    out.add("time<");
    out.add_type_name(typeid(typename T::clock));
    out.add(",");
    spell<typename T::duration>(out);
    out.add(">");
  } else if constexpr (k == complex) {
    spell_template(out, "complex", type_list<typename T::value_type>{});
  } else if constexpr (k == hook || k == local) {
    out.add(k == hook ? "custom<" : "local<");
    out.add_type_name(typeid(T));
    out.add(">");
  } else {
    static_assert(k == aggregate);
    if (!out.open(typeid(T))) return;
    out.add("struct{");
    spell_list(out, parts_of<T>{});
    out.add("}");
    out.close();
  }
}

}  // namespace detail

/// T as two programs compare it: `i32`, `list<f64>`, `map<str,optional<u8>>`, structs as their fields in order
/// (`struct{i32,str}`), a type with hooks by its name. Equal for clang and GCC. Made once per type.
template <travels T>
[[nodiscard]] std::string const& schema_of() {
  static std::string const schema = [] {
    detail::schema_writer out;
    detail::spell<T>(out);
    return out.take();
  }();
  return schema;
}

/// 64 bits of schema_of<T>(); not for use against forgery.
template <travels T>
[[nodiscard]] std::uint64_t schema_hash() {
  static std::uint64_t const hash = detail::hash_schema(schema_of<T>());
  return hash;
}

}  // namespace troupe
