#pragma once

/// How the messages of actors look on a link: see docs/wire.md. Reading throws codec_error for what is no such message.

#include <troupe/actors/functions/call.hpp>
#include <troupe/actors/functions/value.hpp>
#include <troupe/net/codec/codec.hpp>
#include <troupe/net/link/link.hpp>
#include <troupe/net/packet.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <vector>

namespace troupe::detail {

enum class wire_type : std::uint16_t {
  // To a scheduler.
  attach_client = 1,
  detach_client,
  client_batch,
  attach_worker,
  worker_news,
  functions,
  get_info,
  get_status,
  query,
  worker_memory,
  run_call,
  change_plugin,
  attach_nanny,
  give_up_info,
  // From a scheduler.
  cluster_changed = 32,
  client_news,
  worker_welcome,
  compute_batch,
  stop_batch,
  free_batch,
  info,
  query_result,
  get_functions,
  status,
  finish_up,
  shut_down,
  give_upload,
  call_result,
  begin_anew,
  give_plugin,
  nanny_welcome,
  // Between anybody.
  get_values = 64,
  values,
  finished_up,
  relay_values,
  relay_calls,
  relay_stop_calls,
  call_actors,
  stop_calls,
  call_answers,
  // From a worker to a scheduler.
  upload_state,
  plugin_state,
  // To whoever sent call_answers.
  answers_taken,
};

/// The functions that one side of a link has named to the other: a number each, told with its description at the first
/// use.
class functions_told {
 public:
  /// Writes those of `calls` that are new and gives a number for each call, valid until the next write.
  [[nodiscard]] std::span<std::uint32_t const> write(encoder& out, std::span<call_ptr const> calls);
  /// For a message that was not sent after all: all but the first `count` are new again.
  void keep(std::size_t count);
  [[nodiscard]] std::size_t count() const noexcept { return numbers_.size(); }

 private:
  boost::unordered_flat_map<function_info const*, std::uint32_t> numbers_;
  std::vector<std::uint32_t> of_calls_;
};
class functions_heard {
 public:
  void read(decoder& in);
  /// This program's own where it has it.
  [[nodiscard]] function_info const& at(std::uint64_t number) const;

 private:
  std::vector<function_info const*> functions_;
};

/// Of a text that is to get through whatever the peer accepts.
inline constexpr std::size_t longest_problem = 2048;

/// In a handler: what was thrown, as the reason why something was not sent; never "".
[[nodiscard]] std::string describe_caught();

/// A message on its way out.
class wire_writer {
 public:
  explicit wire_writer(encoder& scratch) noexcept : out_(scratch) { out_.clear(); }

  [[nodiscard]] encoder& out() noexcept { return out_; }
  template <class T>
  void put(T const& value) {
    encode(out_, value);
  }
  void put(packet const& p);
  /// Null values, too.
  void put(value_ptr const& value);
  void put(std::exception_ptr const& error);
  /// With texts that are cut: within what any peer accepts.
  void put_short(std::exception_ptr const& error);
  void put(functions_told& told, std::span<call_ptr const> calls);

  void send(link& to, wire_type type) { to.send(std::uint16_t(type), out_.bytes(), std::move(attachments_)); }

 private:
  encoder& out_;
  std::vector<buffer> attachments_;
};

/// A message that came.
class wire_reader {
 public:
  wire_reader(std::span<std::byte const> body, std::vector<buffer> attachments) noexcept
      : body_(body), in_(body), attachments_(std::move(attachments)) {}

  [[nodiscard]] decoder& in() noexcept { return in_; }
  template <class T>
  [[nodiscard]] T get() {
    return decode<T>(in_);
  }
  [[nodiscard]] packet get_packet();
  /// The next one.
  [[nodiscard]] buffer get_attachment();
  [[nodiscard]] value_ptr get_value();
  [[nodiscard]] std::exception_ptr get_error();
  [[nodiscard]] std::vector<call_ptr> get_calls(functions_heard& heard);
  void expect_end() const;

 private:
  std::span<std::byte const> body_;
  decoder in_;
  std::vector<buffer> attachments_;
  std::size_t next_attachment_ = 0;
  /// What packets are parts of: the body, copied once when the first is read.
  buffer kept_;
};

}  // namespace troupe::detail
