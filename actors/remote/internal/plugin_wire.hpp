#pragma once

/// How plugins look on a link: a name, and the call that makes one or none.

#include <troupe/actors/remote/internal/wire.hpp>
#include <troupe/actors/scheduler/internal/messages.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace troupe::detail {

inline void write_plugin(wire_writer& out, functions_told& told, std::string const& name, call_ptr const& call) {
  out.put(name);
  out.put(told, {&call, call ? std::size_t{1} : 0});
}

[[nodiscard]] inline give_plugin read_plugin(wire_reader& in, functions_heard& heard) {
  auto name = in.get<std::string>();
  auto calls = in.get_calls(heard);
  if (calls.size() > 1) throw codec_error("a plugin is made by one call");
  return {std::move(name), calls.empty() ? nullptr : std::move(calls.front())};
}

}  // namespace troupe::detail
