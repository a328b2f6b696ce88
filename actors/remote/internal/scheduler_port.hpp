#pragma once

#include <troupe/actors/remote/internal/wire.hpp>
#include <troupe/actors/runtime/actor.hpp>
#include <troupe/actors/scheduler/internal/scheduler_actor.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troupe::detail {

class served_link;

/// Where clients and workers of other processes reach this process's scheduler. For each of them an actor stands in.
class scheduler_port final : public actor {
 public:
  /// Listens at once: the start fails where the address cannot be listened on.
  scheduler_port(actor_ref<scheduler_actor> scheduler, std::string const& listen_on, hello self);
  ~scheduler_port() override;

  struct get_address {};
  [[nodiscard]] std::string on(get_address) const { return listener_->address(); }

  /// Who started a worker's process has seen it end.
  struct process_ended {
    std::string worker;
  };
  void on(process_ended const& message);

  void on(down_msg const& scheduler);

  void forget(served_link& gone);
  /// Answers request `number` for values that others hold.
  void relay(link_ptr asker, std::uint64_t number, relay_values wanted);
  /// By digest: most workers of a cluster run the same program, which tells its functions once.
  [[nodiscard]] std::shared_ptr<program_functions const>& functions(std::uint64_t digest) { return functions_[digest]; }

 private:
  task<void> pass_on(link_ptr asker, std::uint64_t number, relay_values wanted);

  actor_ref<scheduler_actor> scheduler_;
  std::vector<intrusive_ptr<served_link>> links_;
  std::map<std::uint64_t, std::shared_ptr<program_functions const>> functions_;
  std::unique_ptr<listener> listener_;
};

}  // namespace troupe::detail
