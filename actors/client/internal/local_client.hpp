#pragma once

#include <troupe/actors/client/internal/client_actor.hpp>
#include <troupe/actors/client/internal/session.hpp>

#include <cstddef>
#include <string>

namespace troupe::detail {

class scheduler_actor;

/// Carries a session's commands to the scheduler and the scheduler's news to the session. Ends when the session is
/// left, or not used any more, or with its loop; the session is closed then.
class local_client final : public client_actor {
 public:
  /// Inside of a worker it does not follow who comes and goes.
  enum class place : bool { of_its_own, in_worker };
  local_client(intrusive_ptr<session> whose, actor_ref<scheduler_actor> scheduler, std::string name,
               place where = place::of_its_own);
  ~local_client() override;

  struct look_late {};

  void on(collect_now);
  void on(look_late);
  void on(client_news&& news) override;
  void on(cluster_changed&& change) override;
  [[nodiscard]] task<query_result> on(question&& asked);
  void on(errand&& word);
  [[nodiscard]] task<value_ptr> on(run_call&& asked);
  [[nodiscard]] task<query_result> on(change_plugin&& asked);
  void on(leave);
  void on(leave_if_unused);
  void on(down_msg const& scheduler);

 private:
  task<void> fetch(fetch_request what);
  task<void> hand_over();
  task<void> tell(query what);
  void send_calls();

  intrusive_ptr<session> session_;
  actor_ref<scheduler_actor> scheduler_;
  /// Words that are on their way to the scheduler.
  std::size_t telling_ = 0;
};

}  // namespace troupe::detail
