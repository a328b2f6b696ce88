#pragma once

#include <troupe/actors/functions/nested_futures.hpp>
#include <troupe/net/codec/encode.hpp>

#include <cstddef>
#include <utility>

/// Stored arguments as bytes: those without futures as the codec writes them, containers of futures in the same form as
/// of values, with an extension item for each slot. received_argument.hpp reads them.
namespace troupe::detail {

void write_slot(encoder& out, slot s);
/// Goes before the value of an optional: a slot alone would be the optional's own.
void write_engaged(encoder& out);

/// `stored` was an A before.
template <class A, class Stored>
void encode_stored(encoder& out, Stored const& stored) {
  using enum codec_kind;
  if constexpr (is_future<A>::value) {
    write_slot(out, stored);
  } else if constexpr (!holds_futures<A>) {
    if constexpr (travels<Stored>)
      troupe::encode(out, stored);
    else
      throw_cannot_travel(typeid(Stored));
  } else {
    constexpr codec_kind k = kind_of<A>;
    if constexpr (k == sequence || k == array) {
      out.write_array(stored.size());
      for (auto const& element : stored) encode_stored<typename A::value_type>(out, element);
    } else if constexpr (k == map) {
      out.write_map(stored.size());
      for (auto const& entry : stored) {
        troupe::encode(out, entry.first);
        encode_stored<typename A::mapped_type>(out, entry.second);
      }
    } else if constexpr (k == optional) {
      if (!stored.has_value()) return out.write_nil();
      write_engaged(out);
      encode_stored<typename A::value_type>(out, *stored);
    } else {
      out.write_array(std::tuple_size_v<A>);
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        using std::get;
        (encode_stored<std::tuple_element_t<I, A>>(out, get<I>(stored)), ...);
      }(std::make_index_sequence<std::tuple_size_v<A>>{});
    }
  }
}

}  // namespace troupe::detail
