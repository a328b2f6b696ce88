#pragma once

#include <troupe/actors/client/internal/client_actor.hpp>
#include <troupe/actors/remote/internal/calls_received.hpp>
#include <troupe/actors/remote/internal/calls_sent.hpp>
#include <troupe/actors/remote/internal/value_parts.hpp>
#include <troupe/actors/remote/internal/wire.hpp>
#include <troupe/actors/scheduler/internal/scheduler_actor.hpp>
#include <troupe/actors/worker/internal/nanny_actor.hpp>
#include <troupe/actors/worker/internal/worker_actor.hpp>
#include <troupe/futures/promise.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace troupe::detail {

class scheduler_port;
class remote_client;
class remote_nanny;
class remote_worker;

/// The scheduler's end of one link, with the stand-ins for the clients and the worker at its other end.
class served_link final : public ref_counted, public link_handler {
 public:
  served_link(link_ptr to, scheduler_port& port, actor_ref<scheduler_actor> scheduler, event_loop& loop);
  ~served_link() override;

  void on_message(std::uint16_t type, std::span<std::byte const> body, std::vector<buffer> attachments) override;
  void on_down(std::string const& reason) override;
  void close(std::string const& reason);
  /// The process at the other end, if its worker is called so, has ended.
  void process_ended(std::string const& worker);

  // For the stand-ins.
  void dismiss(detail::dismiss const& message);
  void send(std::uint64_t client, client_news const& news);
  void send(std::uint64_t client, cluster_changed const& change);
  void send(worker_welcome const& message);
  void send(nanny_welcome const& message);
  void send(compute_batch const& batch);
  void send(stop_batch const& batch);
  void send(free_batch const& batch);
  void send(actor_calls batch);
  void send(stop_calls const& batch);
  [[nodiscard]] future<std::vector<value_ptr>> request(get_values const& values);
  [[nodiscard]] future<void> request_finish();
  [[nodiscard]] future<upload_state> request(give_upload const& given);
  [[nodiscard]] future<plugin_taken> request(give_plugin const& given);

 private:
  /// Tells the peer why, should this throw, and closes the link: who asked for it has nobody to tell.
  template <class Send>
  void or_close(Send send) noexcept;
  void send_orders(std::span<compute_order const> orders, std::span<call_ptr const> calls);
  /// What is wrong with them; "" when they were sent.
  [[nodiscard]] std::string try_orders(std::vector<worker_place_ptr> const& peers,
                                       std::span<compute_order const> orders, std::span<call_ptr const> calls);
  void refuse(compute_order const& order, std::string const& why);
  void send_news(std::uint64_t client, std::span<client_news_item const> items);
  [[nodiscard]] std::string try_news(std::uint64_t client, std::vector<worker_place_ptr> const& places,
                                     std::span<client_news_item const> items);

  void receive(wire_type type, wire_reader& in);
  void receive_batch(wire_reader& in);
  void receive_news(wire_reader& in);
  void receive_worker(wire_reader& in);
  void receive_nanny(wire_reader& in);
  void receive_memory(wire_reader& in);
  void receive_calls(wire_reader& in);
  void receive_stops(wire_reader& in);
  void receive_functions(wire_reader& in);
  void receive_upload_state(wire_reader& in);
  void receive_plugin_change(wire_reader& in);
  void give_up_changes(std::uint64_t client);
  void receive_plugin_state(wire_reader& in);
  void receive_call(wire_reader& in);
  void receive_get_info(wire_reader& in);
  void send_result(std::uint64_t number, future<value_ptr> const& result);
  void refuse_worker(std::string const& why);
  void attach(std::shared_ptr<program_functions const> functions);
  void answer_query(std::uint64_t number, future<query_result> const& asked);
  template <class Answer, class Write>
  void answer(future<Answer> const& asked, Write write);

  link_ptr link_;
  scheduler_port* port_;
  actor_ref<scheduler_actor> scheduler_;
  event_loop& loop_;
  encoder scratch_;
  functions_told told_;
  functions_heard heard_;
  std::map<std::uint64_t, actor_ref<remote_client>> clients_;
  actor_ref<remote_worker> worker_;
  actor_ref<remote_nanny> nanny_;
  /// Joining, until its functions are known.
  std::optional<worker_info> joining_;
  worker_life life_;
  /// What the worker that joins said its functions are.
  std::uint64_t digest_ = 0;
  worker_id welcomed_as_;
  /// Why it was not; "" while nobody has said no.
  std::string refusal_;
  std::string worker_name_;
  value_requests value_requests_;
  std::map<std::uint64_t, promise<void>> finish_requests_;
  std::map<std::uint64_t, promise<upload_state>> upload_requests_;
  std::map<std::uint64_t, promise<plugin_taken>> plugin_requests_;
  /// What is asked for here until there are enough workers.
  std::map<std::uint64_t, future<cluster_info>> info_asked_;
  /// Changes of plugins that clients over this link wait for; given up where the client goes.
  struct asked_change {
    std::uint64_t client = 0;
    future<query_result> answer;
  };
  std::map<std::uint64_t, asked_change> changes_asked_;
  std::uint64_t last_request_ = 0;
  /// To actors of this worker, and from here to those of others: calls that are relayed.
  calls_sent calls_;
  intrusive_ptr<answers_taken> taken_;
  intrusive_ptr<calls_received> relayed_;
  /// Workers that clients over this link have been told of.
  std::set<std::uint32_t> places_told_;
};

/// Stands at the scheduler for a client of another process.
class remote_client final : public client_actor {
 public:
  remote_client(intrusive_ptr<served_link> over, std::uint64_t number) : over_(std::move(over)), number_(number) {}
  void on(client_news&& news) override { over_->send(number_, news); }
  void on(cluster_changed&& change) override { over_->send(number_, change); }

 private:
  intrusive_ptr<served_link> over_;
  std::uint64_t number_;
};

/// Stands at the scheduler for a worker of another process.
class remote_worker final : public worker_actor {
 public:
  explicit remote_worker(intrusive_ptr<served_link> over) : over_(std::move(over)) {}
  void on(worker_welcome message) override { over_->send(message); }
  void on(compute_batch&& batch) override { over_->send(batch); }
  void on(stop_batch&& batch) override { over_->send(batch); }
  void on(free_batch&& batch) override { over_->send(batch); }
  void on(actor_calls&& batch) override { over_->send(std::move(batch)); }
  void on(stop_calls&& batch) override { over_->send(batch); }
  void on(detail::dismiss const& message) override { over_->dismiss(message); }
  [[nodiscard]] task<std::vector<value_ptr>> on(get_values const& request) override;
  [[nodiscard]] task<void> on(finish_up) override;
  [[nodiscard]] task<upload_state> on(give_upload&& given) override;
  [[nodiscard]] task<plugin_taken> on(give_plugin&& given) override;

 private:
  intrusive_ptr<served_link> over_;
};

/// Stands at the scheduler for a nanny, which is another process.
class remote_nanny final : public nanny_actor {
 public:
  explicit remote_nanny(intrusive_ptr<served_link> over) : over_(std::move(over)) {}
  void on(nanny_welcome message) override { over_->send(message); }
  [[nodiscard]] task<plugin_taken> on(give_plugin&& given) override;

 private:
  intrusive_ptr<served_link> over_;
};

}  // namespace troupe::detail
