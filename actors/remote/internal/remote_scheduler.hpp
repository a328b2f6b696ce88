#pragma once

#include <troupe/actors/remote/internal/calls_received.hpp>
#include <troupe/actors/remote/internal/calls_sent.hpp>
#include <troupe/actors/remote/internal/remote_peers.hpp>
#include <troupe/actors/remote/internal/value_parts.hpp>
#include <troupe/actors/remote/internal/wire.hpp>
#include <troupe/actors/scheduler/internal/scheduler_actor.hpp>
#include <troupe/futures/promise.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troupe::detail {

class value_server;

/// Why a worker ends whose scheduler wants it to begin anew, in a fresh process.
class told_to_begin_anew : public error {
 public:
  using error::error;
};

/// Stands in a client's, worker's or nanny's process for a scheduler elsewhere. Ends when the link to it is down: with
/// exit_reason::normal where the scheduler said that it closes, else failed, with told_to_begin_anew or actor_gone.
class remote_scheduler final : public scheduler_actor, private link_handler {
 public:
  /// `options` are those of links to workers, of which it opens about so many at most.
  remote_scheduler(link_ptr to, hello self, link_options options = {}, std::size_t most_peer_links = 512);
  ~remote_scheduler() override;

  void on(attach_client&& message) override;
  void on(detach_client message) override;
  void on(attach_worker&& message) override;
  void on(attach_nanny&& message) override;
  void on(worker_memory message) override;
  void on(client_batch&& batch) override;
  void on(worker_news&& news) override;
  [[nodiscard]] task<cluster_info> on(get_info wanted) override;
  [[nodiscard]] task<cluster_status> on(get_status) override;
  [[nodiscard]] task<std::vector<value_ptr>> on(relay_values const& request) override;
  [[nodiscard]] task<query_result> on(query&& asked) override;
  [[nodiscard]] task<value_ptr> on(run_call&& asked) override;
  [[nodiscard]] task<query_result> on(change_plugin&& asked) override;
  void on(relay_calls&& message) override;
  void on(relay_stop_calls&& message) override;
  void on(down_msg const& message);
  /// Who answers when values of this process are asked for through the scheduler.
  struct serve_values {
    actor_ref<value_server> with;
  };
  void on(serve_values&& message) { values_ = std::move(message.with); }

 private:
  void on_message(std::uint16_t type, std::span<std::byte const> body, std::vector<buffer> attachments) override;
  void on_down(std::string const& reason) override;

  void receive(wire_type type, wire_reader& in);
  [[nodiscard]] worker_place_ptr open_place(place_on_wire place);
  void receive_news(wire_reader& in);
  void give_up_info(std::uint64_t number);
  void refuse(client_batch const& batch, std::string const& why);
  void receive_orders(wire_reader& in);
  void send_functions();
  [[nodiscard]] task<void> finish_up_worker(std::uint64_t request);
  [[nodiscard]] task<void> give_to_worker(std::uint64_t request, give_upload given);
  void receive_plugin(wire_reader& in);
  template <class Receiver>
  [[nodiscard]] task<void> give_to(actor_ref<Receiver> receiver, std::uint64_t request, give_plugin given);

  link_ptr link_;
  hello self_;
  link_options options_;
  std::shared_ptr<peer_links> peer_links_;
  actor_ref<value_server> values_;
  encoder scratch_;
  functions_told told_;
  functions_heard heard_;
  std::map<std::uint64_t, actor_ref<client_actor>> clients_;
  actor_ref<worker_actor> worker_;
  actor_ref<nanny_actor> nanny_;
  std::map<std::uint64_t, promise<cluster_info>> info_requests_;
  std::map<std::uint64_t, promise<cluster_status>> status_requests_;
  std::map<std::uint64_t, promise<query_result>> queries_;
  value_requests value_requests_;
  std::map<std::uint64_t, promise<value_ptr>> calls_;
  std::uint64_t last_request_ = 0;
  std::vector<worker_place_ptr> places_;  // by worker_id
  /// Of actors elsewhere whose workers cannot be reached directly, and of actors here by those who cannot reach us.
  calls_sent relayed_;
  intrusive_ptr<answers_taken> taken_;
  intrusive_ptr<calls_received> called_here_;
  worker_id own_;
  bool welcomed_ = false;
  /// What the scheduler said before the link went down.
  enum class farewell : std::uint8_t { none, leave, begin_anew };
  farewell farewell_ = farewell::none;
};

}  // namespace troupe::detail
