#include <troupe/actors/client/internal/pure_key.hpp>
#include <troupe/actors/client/internal/task_state.hpp>
#include <troupe/actors/worker/internal/content_digest.hpp>
#include <troupe/net/codec/error.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace troupe::detail {
namespace {

/// With its length, so that no two lists of parts look the same.
void add(content_digest& to, std::span<std::byte const> part) {
  std::uint64_t size = part.size();
  to.add(std::as_bytes(std::span(&size, 1)));
  to.add(part);
}

void add(content_digest& to, std::string_view part) { add(to, std::as_bytes(std::span(part))); }

}  // namespace

std::string pure_key(call_base const& call, std::vector<intrusive_ptr<state_base>> const& inputs) {
  content_digest digest;
  add(digest, call.function().full_name);
  add(digest, call.function().schema);
  auto arguments = call.pack();
  add(digest, arguments.head.bytes());
  for (auto const& attachment : arguments.attachments) add(digest, attachment.bytes());
  for (auto const& input : inputs) add(digest, input->key());
  return call.function().short_name + "-" + digest.finish().substr(0, 32);
}

std::uint64_t digest_of_arguments(call_base const& call, std::vector<intrusive_ptr<state_base>> const& inputs) {
  constexpr std::uint64_t cannot_travel = 1;
  content_digest digest;
  try {
    auto arguments = call.pack();
    add(digest, arguments.head.bytes());
    for (auto const& attachment : arguments.attachments) add(digest, attachment.bytes());
    for (auto const& input : inputs) add(digest, static_cast<task_state const&>(*input).explicit_key());
  } catch (codec_error const&) {
    return cannot_travel;
  }
  return std::stoull(digest.finish().substr(0, 16), nullptr, 16) | 1U << 1;
}

}  // namespace troupe::detail
