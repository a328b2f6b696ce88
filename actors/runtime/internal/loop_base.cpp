#include <troupe/actors/runtime/internal/caf_host.hpp>
#include <troupe/actors/runtime/internal/loop_base.hpp>

namespace troupe::detail {

constinit thread_local event_loop* current_loop = nullptr;

namespace {

constinit thread_local loop_base* loop_with_leftovers = nullptr;

}  // namespace

loop_base::loop_base(intrusive_ptr<actor_registry> registry, bool runs_at_once) noexcept
    : registry_(std::move(registry)), runs_at_once_(runs_at_once) {}
loop_base::~loop_base() = default;

void loop_base::open() {
  current_loop = this;
  caf_ = std::make_unique<caf_host>();
}

void loop_base::shut() noexcept {
  caf_.reset();
  current_loop = nullptr;
  closed_.store(true, std::memory_order_seq_cst);
  run_leftovers();
}

intrusive_ptr<actor_core> loop_base::start(actor_type const& type, std::unique_ptr<birth> birth) {
  auto core = make_intrusive<actor_core>(intrusive_ptr<event_loop>(this), registry_->next_id(), type, std::move(birth));
  if (registry_->add(*core))
    core->on_loop([core] { core->enter_system(); });
  else
    core->refuse(exit_reason::shutdown("it was started on a runtime that is closed"));
  return core;
}

void loop_base::post(work& item) noexcept {
  if (here()) return push_step(item);
  if (inbox_.push(item)) wake();
  // Either the closing thread finds the item in its last look, or this thread sees that the loop is closed.
  if (closed_.load(std::memory_order_seq_cst)) run_leftovers();
}

class loop_base::leftovers_step final : public work {
 public:
  explicit leftovers_step(loop_base& loop) noexcept : work(&run_them), loop_(&loop) {}

 private:
  static void run_them(work& self) noexcept {
    std::unique_ptr<leftovers_step> step(static_cast<leftovers_step*>(&self));
    step->loop_->run_leftovers();
  }
  intrusive_ptr<loop_base> loop_;
};

void loop_base::run_leftovers() noexcept {
  if (loop_with_leftovers == this) return;
  if (is_telling()) return run_after_telling(*new leftovers_step(*this));
  std::scoped_lock lock(leftovers_mutex_);
  auto* outer = std::exchange(loop_with_leftovers, this);
  while (work* item = inbox_.take())
    while (item) {
      work* next = item->next;
      item->run(*item);
      item = next;
    }
  loop_with_leftovers = outer;
}

void loop_base::post_at(time_point when, timer& t) {
  bool first = false;
  {
    std::scoped_lock lock(timers_mutex_);
    first = when < timers_.next_due();
    timers_.push(t, when);
    has_timers_.store(true, std::memory_order_release);
  }
  if (first && !here()) wake();
}

bool loop_base::cancel(timer& t) noexcept {
  std::scoped_lock lock(timers_mutex_);
  bool erased = timers_.erase(t);
  has_timers_.store(!timers_.empty(), std::memory_order_release);
  return erased;
}

void loop_base::collect() noexcept {
  if (!inbox_.empty()) {
    work* item = inbox_.take();
    while (item) {
      work* next = item->next;
      push_step(*item);
      item = next;
    }
  }
  if (!has_timers_.load(std::memory_order_acquire)) return;
  time_point time = now();
  std::scoped_lock lock(timers_mutex_);
  while (timer* due = timers_.pop_due(time)) push_step(*due);
  has_timers_.store(!timers_.empty(), std::memory_order_release);
}

time_point loop_base::next_due() noexcept {
  if (!has_timers_.load(std::memory_order_acquire)) return time_point::max();
  std::scoped_lock lock(timers_mutex_);
  return timers_.next_due();
}

}  // namespace troupe::detail
