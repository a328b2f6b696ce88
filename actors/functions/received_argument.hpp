#pragma once

#include <troupe/actors/functions/input.hpp>
#include <troupe/actors/functions/parameter.hpp>
#include <troupe/net/codec/decode.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

/// Arguments of a call that came as bytes. Where the message has the number of an input, its value is taken, at any
/// depth that submit allows futures at.
namespace troupe::detail {

[[nodiscard]] inline bool at_slot(decoder const& in) noexcept { return in.at_extension(slot_tag, 4); }
[[nodiscard]] slot read_slot(decoder& in);
/// Reads the mark that goes before the value of an optional, if it is next.
[[nodiscard]] bool try_engaged(decoder& in);

template <class T>
consteval bool is_array_of_run() {
  if constexpr (kind_of<T> == codec_kind::array)
    return run_element<typename T::value_type>;
  else
    return false;
}

/// An argument of type T; inputs in it are copied, or moved out at their last use.
template <class T>
T take_argument(decoder& in, input_list inputs) {
  using enum codec_kind;
  if (at_slot(in)) return take_value<T>(inputs.at(read_slot(in)));
  constexpr codec_kind k = kind_of<T>;
  if constexpr (k == run || k == bits || k == sequence) {
    if (k != sequence && !in.at_array()) return take<T>(in);
    std::size_t const count = in.read_array();
    T result;
    reserve_for(result, count, in);
    for (std::size_t i = 0; i < count; ++i) result.push_back(take_argument<typename T::value_type>(in, inputs));
    return result;
  } else if constexpr (is_array_of_run<T>()) {
    if (!in.at_array()) return take<T>(in);
    in.read_array_of(std::tuple_size_v<T>);
    T result{};
    for (auto& element : result) element = take_argument<typename T::value_type>(in, inputs);
    return result;
  } else if constexpr (k == array || k == tuple) {
    in.read_array_of(std::tuple_size_v<T>);
    // Braces: the elements are read in their order.
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return T{take_argument<std::tuple_element_t<I, T>>(in, inputs)...};
    }(std::make_index_sequence<std::tuple_size_v<T>>{});
  } else if constexpr (k == map) {
    std::size_t const start = in.offset(), count = in.read_map();
    T result;
    reserve_for(result, count, in);
    for (std::size_t i = 0; i < count; ++i) {
      auto key = take<typename T::key_type>(in);
      result.emplace(std::move(key), take_argument<typename T::mapped_type>(in, inputs));
    }
    if (result.size() != count) in.fail_at(start, "different keys", "some twice");
    return result;
  } else if constexpr (k == optional) {
    if (try_engaged(in)) return T(std::in_place, take_argument<typename T::value_type>(in, inputs));
    return take<T>(in);
  } else {
    return take<T>(in);
  }
}

/// What is held for parameter P while the function runs.
template <class P, passing How = parameter<P>::how>
class received {
 public:
  received(decoder& in, input_list inputs) : value_(take_argument<parameter_value<P>>(in, inputs)) {}
  [[nodiscard]] std::remove_cvref_t<P>&& pass() noexcept { return std::move(value_); }

 private:
  parameter_value<P> value_;
};

/// Sees the value of an input where it lies.
template <class P>
class received<P, passing::by_const_reference> {
  using value = parameter_value<P>;

 public:
  received(decoder& in, input_list inputs) {
    if (at_slot(in))
      seen_ = &value_cast<value>(*inputs.at(read_slot(in)).value);
    else
      seen_ = &own_.emplace(take_argument<value>(in, inputs));
  }
  received(received const&) = delete;
  received& operator=(received const&) = delete;
  ~received() = default;
  [[nodiscard]] P pass() const noexcept { return *seen_; }

 private:
  std::optional<value> own_;
  value const* seen_ = nullptr;
};

/// Sees the value of an input, text and aligned runs where they lie.
template <class P>
class received<P, passing::as_view> {
  using value = parameter_value<P>;
  using view = typename parameter<P>::view;
  using element = typename value::value_type;

 public:
  received(decoder& in, input_list inputs) {
    constexpr codec_kind k = kind_of<value>;
    if (at_slot(in)) {
      view_ = view(value_cast<value>(*inputs.at(read_slot(in)).value));
    } else if constexpr (k == codec_kind::string) {
      auto const text = in.read_string();
      view_ = view(reinterpret_cast<element const*>(text.data()), text.size());
    } else {
      if constexpr (k == codec_kind::run) {
        if (see_run(in)) return;
      }
      own_.emplace(take_argument<value>(in, inputs));
    }
  }
  [[nodiscard]] view pass() const noexcept { return own_ ? view(*own_) : view_; }

 private:
  bool see_run(decoder& in) {
    if (in.at_array()) return false;
    decoder before = in;
    auto const bytes = decode_run<element>(in);
    if (is_aligned_for<element>(bytes)) {
      view_ = view(reinterpret_cast<element const*>(bytes.data()), bytes.size() / sizeof(element));
      return true;
    }
    in = before;
    return false;
  }

  std::optional<value> own_;
  view view_;
};

}  // namespace troupe::detail
