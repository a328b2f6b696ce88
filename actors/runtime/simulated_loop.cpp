#include <troupe/actors/runtime/simulated_loop.hpp>

#include <troupe/actors/runtime/internal/exit_signal.hpp>
#include <troupe/actors/runtime/internal/loop_base.hpp>
#include <troupe/actors/runtime/internal/random_numbers.hpp>

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

namespace troupe {
namespace {

class loop_of_tests final : public detail::loop_base {
 public:
  loop_of_tests(detail::intrusive_ptr<detail::actor_registry> all, std::uint64_t seed)
      : loop_base(std::move(all), false), random_(seed) {
    outer_ = detail::current_loop;
    open();
  }
  void close_down() noexcept {
    shut();
    detail::current_loop = outer_;
  }

  [[nodiscard]] std::size_t index() const noexcept override { return 0; }
  [[nodiscard]] time_point now() const noexcept override { return time_point(duration(now_.load())); }
  // One, so that every message is a point where the seed may choose another actor.
  [[nodiscard]] std::size_t messages_per_turn() const noexcept override { return 1; }
  void push_turn(detail::actor_core& core) noexcept override { turns_.push_back(&core); }

  bool step();
  std::size_t run();
  std::size_t advance(duration by);
  bool advance_to_next_timer();
  [[nodiscard]] std::uint64_t fingerprint() const noexcept { return fingerprint_; }

 private:
  void wake() noexcept override {}
  void push_step(detail::work& item) noexcept override { steps_.push(item); }
  void note(std::uint64_t what) noexcept { fingerprint_ = (fingerprint_ ^ what) * 0x100000001b3; }

  detail::random_numbers random_;
  std::atomic<duration::rep> now_{0};
  std::uint64_t fingerprint_ = 0xcbf29ce484222325;
  detail::work_list steps_;
  std::vector<detail::actor_core*> turns_;
  event_loop* outer_ = nullptr;
};

bool loop_of_tests::step() {
  collect();
  // All plain steps together are one candidate, so that they keep their order.
  std::size_t candidates = turns_.size() + (steps_.empty() ? 0 : 1);
  if (candidates == 0) return false;
  std::size_t chosen = candidates == 1 ? 0 : random_.below(candidates);
  enter here(*this);
  if (chosen == turns_.size()) {
    note(0);
    detail::work* item = steps_.pop();
    item->run(*item);
    return true;
  }
  detail::actor_core* core = turns_[chosen];
  turns_.erase(turns_.begin() + std::ptrdiff_t(chosen));
  note(std::uint64_t(core->id()));
  detail::work& turn = turn_of(*core);
  turn.run(turn);
  return true;
}

std::size_t loop_of_tests::run() {
  std::size_t steps = 0;
  while (step()) ++steps;
  return steps;
}

std::size_t loop_of_tests::advance(duration by) {
  time_point end = now() + by;
  std::size_t steps = run();
  for (;;) {
    time_point next = std::max(std::min(next_due(), end), now());
    now_ = next.time_since_epoch().count();
    steps += run();
    if (next_due() > end && now() == end) return steps;
  }
}

bool loop_of_tests::advance_to_next_timer() {
  time_point due = next_due();
  if (due == time_point::max()) return false;
  advance(std::max(due - now(), duration::zero()));
  return true;
}

}  // namespace

class simulated_loop::impl {
 public:
  explicit impl(std::uint64_t seed)
      : registry_(detail::make_intrusive<detail::actor_registry>()),
        loop_(detail::make_intrusive<loop_of_tests>(registry_, seed)) {}

  void close() {
    if (closed_) return;
    registry_->refuse_more();
    while (auto last = registry_->newest()) {
      last->deliver(*new detail::exit_signal({actor_id{}, exit_reason::shutdown("the runtime closes")}));
      while (registry_->newest() == last) {
        if (loop_->run() > 0 || loop_->advance_to_next_timer()) continue;
        throw error("these actors wait for what never comes: " + registry_->names());
      }
    }
    loop_->run();
    closed_ = true;
    loop_->close_down();
  }

  detail::intrusive_ptr<detail::actor_registry> registry_;
  detail::intrusive_ptr<loop_of_tests> loop_;

 private:
  bool closed_ = false;
};

simulated_loop::simulated_loop(std::uint64_t seed) : impl_(std::make_unique<impl>(seed)) {}
simulated_loop::~simulated_loop() { close(); }

event_loop& simulated_loop::loop() const noexcept { return *impl_->loop_; }
bool simulated_loop::step() { return impl_->loop_->step(); }
std::size_t simulated_loop::run() { return impl_->loop_->run(); }
std::size_t simulated_loop::advance(duration by) { return impl_->loop_->advance(by); }
bool simulated_loop::advance_to_next_timer() { return impl_->loop_->advance_to_next_timer(); }
time_point simulated_loop::now() const noexcept { return impl_->loop_->now(); }
std::uint64_t simulated_loop::fingerprint() const noexcept { return impl_->loop_->fingerprint(); }
void simulated_loop::close() { impl_->close(); }
std::size_t simulated_loop::live_actors() const noexcept { return impl_->registry_->live_actors(); }
std::size_t simulated_loop::live_handlers() const noexcept { return impl_->loop_->live_handlers(); }

}  // namespace troupe
