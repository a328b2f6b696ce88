#include <troupe/actors/runtime/internal/caf_host.hpp>

#include <caf/exit_reason.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <caf/sec.hpp>

namespace troupe::detail {
namespace {

// An id that CAF never gives: no request, no response, but marked as answered.
constexpr caf::message_id envelope_id{caf::message_id::default_async_value | 0x4000000000000000};

// What CAF would do with clocks is done by troupe's timers.
class unused_clock final : public caf::actor_clock {
 public:
  void set_ordinary_timeout(time_point, caf::abstract_actor*, caf::atom_value, std::uint64_t) override { refuse(); }
  void set_multi_timeout(time_point, caf::abstract_actor*, caf::atom_value, std::uint64_t) override { refuse(); }
  void set_request_timeout(time_point, caf::abstract_actor*, caf::message_id) override { refuse(); }
  void schedule_message(time_point, caf::strong_actor_ptr, caf::mailbox_element_ptr) override { refuse(); }
  void schedule_message(time_point, caf::group, caf::strong_actor_ptr, caf::message) override { refuse(); }
  void cancel_ordinary_timeout(caf::abstract_actor*, caf::atom_value) override {}
  void cancel_request_timeout(caf::abstract_actor*, caf::message_id) override {}
  void cancel_timeouts(caf::abstract_actor*) override {}
  void cancel_all() override {}

 private:
  [[noreturn]] static void refuse() { throw error("CAF's clock is not used here: wait on the loop's executor"); }
};

}  // namespace

mailbox_entry::mailbox_entry(envelope& message, actor_core& receiver) noexcept
    : caf::mailbox_element(nullptr, envelope_id, {}), message_(&message), receiver_(receiver) {}

mailbox_entry& mailbox_entry::build(envelope& message, actor_core& receiver) noexcept {
  static_assert(sizeof(mailbox_entry) <= envelope::entry_size);
  return *::new (static_cast<void*>(message.entry_)) mailbox_entry(message, receiver);
}

mailbox_entry* mailbox_entry::from(caf::mailbox_element& element) noexcept {
  return element.mid.integer_value() == envelope_id.integer_value() ? static_cast<mailbox_entry*>(&element) : nullptr;
}

void mailbox_entry::request_deletion(bool) const noexcept {
  envelope* message = message_;
  actor_core& receiver = receiver_;
  this->~mailbox_entry();
  if (message) message->drop(receiver);
}

caf::type_erased_tuple& mailbox_entry::content() {
  static caf::empty_type_erased_tuple nothing;
  return nothing;
}
caf::type_erased_tuple const& mailbox_entry::content() const { return const_cast<mailbox_entry*>(this)->content(); }

struct caf_actor::collector {
  caf_actor& self;
  std::size_t left;

  template <class Queue>
  caf::intrusive::task_result operator()(std::size_t, Queue&, caf::mailbox_element& element) {
    if (auto* entry = mailbox_entry::from(element))
      self.fetched_.push(entry->take());
    else if (self.reactivate(element) == activation_result::terminated)
      return caf::intrusive::task_result::stop_all;
    return --left > 0 ? caf::intrusive::task_result::resume : caf::intrusive::task_result::stop_all;
  }
  // Streams of CAF are not used.
  template <class Queue, class Slot, class Nested>
  caf::intrusive::task_result operator()(std::size_t, Queue&, Slot, Nested&, caf::mailbox_element&) {
    return caf::intrusive::task_result::resume;
  }
};

caf_actor::caf_actor(caf::actor_config& config, intrusive_ptr<actor_core> core)
    : caf::event_based_actor(config), core_(std::move(core)) {
  set_default_handler(caf::drop);
}
caf_actor::~caf_actor() = default;

void caf_actor::initialize() {
  caf::event_based_actor::initialize();
  // CAF takes an actor without behaviour for one that has ended.
  become(caf::behavior{[](caf::unit_t const&) {}});
  core_->give_birth();
}

void caf_actor::on_exit() { core_->ended_in_caf(); }

void caf_actor::when_ended(std::function<void()> f) {
  attach_functor([f = std::move(f)](caf::error const&) { f(); });
}

bool caf_actor::put(envelope& message) noexcept {
  return mailbox().push_back(&mailbox_entry::build(message, *core_)) == caf::intrusive::inbox_result::unblocked_reader;
}

bool caf_actor::end_if_ready() {
  if (!core_->ready_to_end()) return false;
  caf::error reason;
  if (core_->reason_.is_failure())
    reason = caf::make_error(caf::sec::runtime_error, core_->reason_.text());
  else if (core_->reason_.what() == exit_reason::kind::shutdown)
    reason = caf::make_error(caf::exit_reason::user_shutdown);
  quit(std::move(reason));
  while (auto* message = fetched_.pop()) static_cast<envelope*>(message)->drop(*core_);
  return finalize();
}

bool caf_actor::take_mail(caf::execution_unit& unit, std::size_t most) {
  if (!activate(&unit)) return true;
  collector fetch{*this, most};
  while (most > 0) {
    if (end_if_ready()) return true;
    auto* message = fetched_.pop();
    if (!message) {
      fetch.left = most;
      if (!mailbox().new_round(most, fetch).consumed_items) break;
      continue;
    }
    --most;
    core_->dispatch(*static_cast<envelope*>(message));
  }
  return end_if_ready();
}

caf::resumable::resume_result caf_actor::resume(caf::execution_unit* unit, std::size_t most) {
  if (take_mail(*unit, most)) return resumable::done;
  return fetched_.empty() && mailbox().try_block() ? resumable::awaiting_message : resumable::resume_later;
}

class caf_host::loop_unit final : public caf::execution_unit {
 public:
  loop_unit(caf::actor_system& system, std::deque<caf::resumable*>& queue) noexcept
      : caf::execution_unit(&system), queue_(queue) {}
  void exec_later(caf::resumable* job) override { queue_.push_back(job); }

 private:
  std::deque<caf::resumable*>& queue_;
};

class caf_host::coordinator final : public caf::scheduler::abstract_coordinator {
 public:
  coordinator(caf::actor_system& system, std::deque<caf::resumable*>& queue)
      : abstract_coordinator(system), queue_(queue) {}

  void start() override {}
  void stop() override {
    loop_unit unit(system(), queue_);
    while (!queue_.empty()) {
      auto* job = queue_.front();
      queue_.pop_front();
      if (job->resume(&unit, max_throughput()) == caf::resumable::resume_later)
        queue_.push_back(job);
      else
        caf::intrusive_ptr_release(job);
    }
  }
  void enqueue(caf::resumable* job) override { queue_.push_back(job); }
  caf::actor_clock& clock() noexcept override { return clock_; }

 private:
  std::deque<caf::resumable*>& queue_;
  unused_clock clock_;
};

caf_host::caf_host() : config_(std::make_unique<caf::actor_system_config>()) {
  config_->module_factories.emplace_back(
      [this](caf::actor_system& system) -> caf::actor_system::module* { return new coordinator(system, internal_); });
  system_ = std::make_unique<caf::actor_system>(*config_);
  system_->await_actors_before_shutdown(false);
  unit_ = std::make_unique<loop_unit>(*system_, internal_);
}

caf_host::~caf_host() = default;

caf::strong_actor_ptr caf_host::spawn(intrusive_ptr<actor_core> core) {
  caf::actor_config config(unit_.get());
  auto handle = system_->spawn_class<caf_actor, caf::hidden + caf::lazy_init>(config, std::move(core));
  return caf::actor_cast<caf::strong_actor_ptr>(handle);
}

}  // namespace troupe::detail
