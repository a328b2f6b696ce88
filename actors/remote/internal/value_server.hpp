#pragma once

#include <troupe/actors/remote/internal/wire.hpp>
#include <troupe/actors/runtime/actor.hpp>
#include <troupe/actors/scheduler/internal/messages.hpp>
#include <troupe/actors/worker/internal/value_source.hpp>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe::detail {

class thread_pool;

/// Gives the values of this process's worker to other processes, and passes their calls of its actors on to it. Values
/// are encoded on the worker's pool, not on the loop.
class value_server final : public actor {
 public:
  struct setup {
    std::string name;
    actor_ref<value_source> worker;
    std::shared_ptr<thread_pool> pool;
    hello self;
  };
  struct listen_on {
    std::string address;
  };
  /// A link that came by another way than that on which it listens.
  struct take_link {
    link_ptr made;
  };
  /// Asked over a link; the answer goes back over it.
  struct request {
    link_ptr from;
    std::uint64_t number = 0;
    get_values what;
  };

  explicit value_server(setup with);
  ~value_server() override;

  /// Answers with the address, with the port it got. Throws error where it cannot listen.
  [[nodiscard]] std::string on(listen_on const& where);
  void on(take_link&& message) { take(std::move(message.made)); }
  void on(request&& asked);

 private:
  class peer;
  void take(link_ptr made);
  task<void> serve(request asked);

  setup with_;
  std::unique_ptr<listener> listener_;
  std::set<std::unique_ptr<peer>> peers_;
};

}  // namespace troupe::detail
