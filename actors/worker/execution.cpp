#include <troupe/actors/client/actor_reference.hpp>
#include <troupe/actors/client/internal/session.hpp>
#include <troupe/actors/worker/internal/execution.hpp>
#include <troupe/actors/worker/internal/upload_store.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace troupe {

std::stop_token task_context::stop_token() const noexcept { return self_.stop_token(); }
client task_context::client() const {
  return detail::make_client(self_.services().children, {self_.order().task, self_.order().attempt});
}
std::string task_context::key() const { return self_.call().key(); }
std::string const& task_context::function() const noexcept { return self_.call().function().short_name; }
int task_context::attempt() const noexcept { return int(self_.order().attempt_number); }
std::string const& task_context::worker() const noexcept { return self_.services().name; }
std::string task_context::file(std::string const& name) const { return self_.services().uploads->file(name).string(); }
std::string task_context::local_directory() const { return self_.services().uploads->directory().string(); }

resource_share const& task_context::resource(std::string_view name) const {
  for (auto const& share : self_.order().resources)
    if (share.name == name) return share;
  throw error(fmt::format("{} holds no resource '{}': it was submitted without", key(), name));
}

std::shared_ptr<void> task_context::find_plugin(std::type_info const& type) const {
  return self_.worker().find_plugin(type);
}

detail::execution& task_context::self() const noexcept { return self_; }

std::string const& worker_context::name() const noexcept { return self_.name; }
std::uint32_t worker_context::threads() const noexcept { return self_.threads; }
std::string worker_context::file(std::string const& name) const { return self_.uploads->file(name).string(); }
std::string worker_context::local_directory() const { return self_.uploads->directory().string(); }

std::shared_ptr<void> worker_context::find_plugin(std::type_info const& type) const {
  if (auto found = self_.plugins.find(type)) return found;
  throw error(fmt::format("{} has no plugin {}: client.register_plugin gives it one", self_.name,
                          detail::readable_type_name(type.name())));
}

namespace detail {

execution::execution(worker_services& services, compute_order order, call_ptr call, std::vector<input> inputs)
    : job(&run_job),
      services_(services),
      order_(std::move(order)),
      call_(std::move(call)),
      inputs_(std::move(inputs)),
      worker_context_(services),
      stop_(std::nostopstate) {
  priority = order_.priority;
  rank = order_.order;
  if (call_->function().takes_context || call_->function().is_coroutine) stop_ = std::stop_source();
}

execution& execution_of(task_context& context) noexcept { return context.self(); }
worker_services const& services_of(worker_context const& context) noexcept { return context.self_; }
worker_context& worker_of(task_context& context) { return execution_of(context).worker(); }

execution* execution::current() noexcept {
  auto const* env = current_environment();
  return env ? static_cast<execution*>(env->owner) : nullptr;
}

bool execution::drop() noexcept {
  add_ref();  // given back when the pool comes to it, which may be at once
  auto expected = phase::queued;
  if (!phase_.compare_exchange_strong(expected, phase::dropped, std::memory_order_acq_rel)) {
    release();
    return false;
  }
  inputs_.clear();
  call_ = nullptr;
  return true;
}

bool execution::ask_to_stop() noexcept {
  if (drop()) return true;
  if (!stop_.stop_possible() || stop_asked_.exchange(true, std::memory_order_acq_rel)) return false;
  add_ref();  // given back by the step
  services_.pool->run_aside(stop_step_);
  return false;
}

void execution::stop_step::tell(work& self) noexcept {
  auto& owner = static_cast<stop_step&>(self).owner;
  owner.stop_.request_stop();
  owner.release();
}

void execution::take(made_plugin&&) {
  throw troupe::error("a plugin is registered, not submitted: client.register_plugin");
}

void execution::run_job(work& item) noexcept { static_cast<execution&>(item).run(); }

void execution::run() noexcept {
  auto expected = phase::queued;
  if (!phase_.compare_exchange_strong(expected, phase::running, std::memory_order_acq_rel)) return release();
  start_ = clock::now();
  if (!bring_inputs())
    end();
  else if (call_->function().is_coroutine)
    run_coroutine();
  else
    run_function();
}

bool execution::bring_inputs() noexcept {
  try {
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      try {
        if (inputs_[i].value) inputs_[i].value->bring();
      } catch (value_lost const& problem) {
        lost_inputs_.push_back({order_.deps[i].task, problem.what()});
      }
    }
    if (lost_inputs_.empty()) return true;
  } catch (...) {
    failed();
  }
  return false;
}

void execution::run_function() noexcept {
  environment env{services_.pool.get(), stop_.get_token(), this};
  {
    enter_environment here(&env);
    try {
      succeed(call_->invoke(inputs_, context_, order_.final_attempt));
    } catch (...) {
      failed();
    }
  }
  end();
}

void execution::run_coroutine() noexcept {
  intrusive_ptr<execution> alive(this);
  coroutine(alive).start_here({services_.pool.get(), stop_.get_token(), this});
  if (!ended_.load(std::memory_order_acquire)) note_waiting();
}

root execution::coroutine(intrusive_ptr<execution> self) {
  try {
    auto body = self->call_->start(self->inputs_, self->context_, self->order_.final_attempt);
    self->succeed(co_await std::move(body));
  } catch (...) {
    self->failed();
  }
  self->end();
}

void execution::succeed(value_ptr value) {
  value_ = std::move(value);
  // Here, on a thread for users' code, because measuring and encoding may call it.
  handles_written handles;
  nbytes_ = value_->nbytes();
  auto most = pack_up_to();
  if (nbytes_ <= most && most > 0) packed_ = make_encoded_value(pack(value_), nbytes_);
  handles_in_value_ = handles.take();
  outcome_ = run_outcome::done;
}

/// Its own client closes before its worker ends: what it waited for there is gone, as if it had been asked to stop.
bool execution::is_left_by_client(std::exception_ptr const& thrown) const noexcept {
  if (!services_.children || !services_.children->refusing()) return false;
  try {
    std::rethrow_exception(thrown);
  } catch (client_closed const&) {
    return true;
  } catch (...) {
    return false;
  }
}

void execution::failed() noexcept {
  auto thrown = std::current_exception();
  value_ = packed_ = nullptr;
  handles_in_value_.clear();
  outcome_ = is_cancellation(thrown) || is_left_by_client(thrown) ? run_outcome::cancelled : run_outcome::failed;
  if (outcome_ == run_outcome::cancelled) return;
  try {
    throw;
  } catch (task_error const&) {
    error_ = thrown;  // of a task that this one waited for: it says already what happened where
  } catch (...) {
    error_ =
        as_task_error(thrown, {call_->function().short_name, call_->key(), services_.name, int(order_.attempt_number)});
  }
}

/// Goes on when the scheduler has heard of all that was said before. Waits on no thread of the pool: all of them may be
/// busy for long.
class execution::hearing final : public waiter, public work {
 public:
  static void begin(intrusive_ptr<execution> whose) {
    auto asked = whose->services_.children->heard_so_far();
    auto state = future_access::state(asked);
    auto* self = new hearing(std::move(whose), std::move(asked));
    if (!state->add(*self)) self->ready(*state);
  }

 private:
  hearing(intrusive_ptr<execution> whose, future<query_result> asked)
      : work(&call), whose_(std::move(whose)), asked_(std::move(asked)) {}
  void ready(state_base&) noexcept override { whose_->services_.pool->run_aside(*this); }
  static void call(work& item) noexcept {
    std::unique_ptr<hearing> self(static_cast<hearing*>(&item));
    self->whose_->finished();
  }

  intrusive_ptr<execution> whose_;
  future<query_result> asked_;
};

void execution::end() noexcept {
  stop_time_ = clock::now();
  inputs_.clear();
  ended_.store(true, std::memory_order_release);
  if (!services_.children || handles_are_known()) return finished();
  try {
    hearing::begin(intrusive_ptr<execution>(this));
  } catch (...) {
    // Of a handle that nobody counts the worst is that its actor ends too soon.
    finished();
  }
}

void execution::note_handle(any_future const& read) {
  std::scoped_lock lock(handles_mutex_);
  std::erase_if(handles_read_, [](auto const& state) { return state->done(); });
  handles_read_.push_back(read.state());
}

bool execution::handles_are_known() noexcept {
  std::scoped_lock lock(handles_mutex_);
  return std::all_of(handles_read_.begin(), handles_read_.end(), [](auto const& state) { return state->done(); }) &&
         std::all_of(handles_in_value_.begin(), handles_in_value_.end(),
                     [](any_future const& handle) { return handle.state()->done(); });
}

std::vector<std::string> execution::actors_in_value() const { return keys_of(handles_in_value_); }

void execution::note_waiting() {
  if (noted_waiting_.exchange(true, std::memory_order_acq_rel)) return;
  add_ref();  // given back by who takes the note
  services_.tell(services_.suspended, suspension_);
}

executed_item execution::result() const {
  executed_item item;
  item.task = order_.task;
  item.attempt = order_.attempt;
  item.outcome = outcome_;
  item.started = phase_.load(std::memory_order_relaxed) == phase::running && lost_inputs_.empty();
  item.retryable = !item.started || !order_.final_attempt || !call_->gives_arguments_away();
  item.nbytes = nbytes_;
  item.start = start_;
  item.stop = stop_time_;
  return item;
}

}  // namespace detail
}  // namespace troupe
