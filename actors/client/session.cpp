#include <troupe/actors/client/internal/local_client.hpp>
#include <troupe/actors/client/internal/pure_key.hpp>
#include <troupe/actors/client/internal/session.hpp>
#include <troupe/actors/scheduler/internal/at_grown.hpp>
#include <troupe/actors/scheduler/internal/scheduler_actor.hpp>
#include <troupe/actors/worker/log.hpp>

#include <troupe/futures/future.hpp>
#include <troupe/futures/promise.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

namespace troupe::detail {
namespace {

/// Calls of one function with arguments of so many bytes that are not worth a word.
constexpr std::uint64_t large_arguments = 1'000'000;
constexpr std::uint32_t large_calls_allowed = 10;
/// Of arguments that go to the scheduler at once, and of commands.
constexpr std::uint64_t most_batch_bytes = std::uint64_t{64} << 20;
constexpr std::size_t most_commands = 1024;

// The tail of `events`, made an Event if it is none.
template <class Event>
Event& tail(std::vector<scheduler_event>& events) {
  if (events.empty() || !std::holds_alternative<Event>(events.back())) {
    Event fresh;
    fresh.now = clock::now();
    events.emplace_back(std::move(fresh));
  }
  return std::get<Event>(events.back());
}

}  // namespace

session::session(actor_ref<scheduler_actor> scheduler, std::shared_ptr<executor> callbacks, reach where)
    : scheduler_(std::move(scheduler)),
      callbacks_(std::move(callbacks)),
      reach_(where),
      salt_(std::random_device{}()) {}

session::~session() = default;

std::string_view session::reason_text(cancel_reason reason) noexcept {
  switch (reason) {
    case cancel_reason::deadline:
      return "deadline";
    case cancel_reason::parent:
      return "the task that submitted it was cancelled";
    case cancel_reason::dependency:
      return "a task it depends on was cancelled";
    case cancel_reason::bad_reference:
      return "a future it depends on was released";
    case cancel_reason::worker_left:
      return "the worker that was to run it has left";
    case cancel_reason::restarted:
      return "the cluster was restarted";
    case cancel_reason::requested:
    case cancel_reason::function:
      break;
  }
  return "cancelled";
}

std::uint32_t session::scramble(std::uint64_t number) const noexcept {
  // Each step is invertible on 16 bits, so equal outputs of one client mean equal numbers modulo 2^16; above that the
  // rest of the number is put in front.
  auto low = std::uint32_t(number & 0xffff) ^ (salt_ & 0xffff);
  low = (low * 0x9e35u) & 0xffff;
  low ^= low >> 7;
  return std::uint32_t(number >> 16) << 16 | low;
}

intrusive_ptr<task_state> session::submit(bound_call what, submission how) {
  auto task = prepare(std::move(what), std::move(how));
  // Where nothing else is under way, its sender will hardly do anything but wait for it.
  bool alone = unfinished_.load(std::memory_order_relaxed) == 0;
  push(task->submit_command, alone ? urgency::now : urgency::soon);
  return task;
}

intrusive_ptr<task_state> session::prepare(bound_call what, submission how) {
  auto check_owner = [this](intrusive_ptr<state_base> const& input) -> task_state& {
    if (!input) throw future_invalid("a task cannot follow an empty future (default-constructed or moved from)");
    auto* theirs = dynamic_cast<task_state*>(input.get());
    if (!theirs || !theirs->belongs_to(*this))
      throw error("an argument is a future that this client did not make: await it and pass its value");
    theirs->mark_shared();
    return *theirs;
  };
  auto check = [&](intrusive_ptr<state_base> const& input) {
    if (check_owner(input).route())
      throw error("an argument is the future of an actor's handle: await it and pass the handle");
  };
  for (auto const& input : what.inputs) check(input);
  if (how.options)
    for (auto const& before : how.options->after()) check_owner(before.state());

  encode_for_others(what);
  bool refused = refusing();
  auto number = submitted_.fetch_add(1, std::memory_order_relaxed);
  auto task = make_intrusive<task_state>(intrusive_ptr<session>(this), std::move(what), std::move(how), number);
  task->call().call->name_task(task->explicit_key(), scramble(number));
  task->add_ref();  // given back when the release command is carried out
  if (refused) task->set_error(closed_error());
  return task;
}

future<query_result> session::ask(question what) {
  for (auto const& about : what.about) {
    auto* task = dynamic_cast<task_state*>(about.get());
    if (!task || !task->belongs_to(*this))
      throw error("this future is of no task of this client: a scheduler knows nothing of its data");
  }
  if (refusing()) return make_failed_future<query_result>(closed_error());
  return actor_.ask(std::move(what));
}

future<query_result> session::heard_so_far() {
  // Answered at once and with nothing: no actor is made by a task of no number.
  return ask({load_actor{}, {}});
}

void session::tell(decltype(query::what) what) { actor_.send(errand{std::move(what)}); }

void session::push(session_command& command, urgency how) noexcept {
  // The command keeps its task alive, and the task this session; not so once the loop has carried it out.
  intrusive_ptr<session> alive(this);
  inbox_.push(command);
  bool waits = how == urgency::late && looks_later_.load(std::memory_order_seq_cst);
  // Either who collects, which says first that it was called, finds the command, or this thread sees that.
  if (!waits && !called_.load(std::memory_order_seq_cst) && !called_.exchange(true, std::memory_order_seq_cst) &&
      !closed())
    how == urgency::now ? actor_.send_now(collect_now{}) : actor_.send(collect_now{});
  // Asked after the sending: an actor that has gone in between has closed the session before.
  if (closed()) collect_closed();
}

void session::ask_to_close() noexcept {
  if (!refusing_.exchange(true, std::memory_order_acq_rel)) actor_.send(leave{});
}

void session::ask_to_cancel(task_state& task) noexcept {
  task.add_ref();
  push(*new session_command(session_command::kind::cancel, task));
}

void session::ask_to_keep(task_state& task) {
  auto command = std::make_unique<session_command>(session_command::kind::keep, task);
  task.add_ref();
  push(*command.release());
}

client_ref session::take_slot(task_state& task) {
  auto ref = references_.take();
  at_grown(slots_, ref.index) = {&task, ref.generation, true};
  unfinished_.store(unfinished_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  return ref;
}

void session::note_end(client_ref ref) noexcept {
  if (std::exchange(slots_[ref.index].unfinished, false))
    unfinished_.store(unfinished_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
}

task_state* session::find(client_ref ref) const noexcept {
  return ref.index < slots_.size() && slots_[ref.index].generation == ref.generation ? slots_[ref.index].task : nullptr;
}

bool session::share_fate(task_state& task) {
  // The scheduler may hear of a cancellation later, and never hears of what was not submitted. What failed there it
  // knows, and keeps this one with it to be run again.
  auto shared = [&task](state_base const& before) {
    auto status = before.status();
    if (status == future_status::cancelled) return task.set_cancelled(reason_text(cancel_reason::dependency));
    bool submitted = static_cast<task_state const&>(before).ref().generation != 0;
    return status == future_status::failed && !submitted && task.set_error(before.error());
  };
  for (auto const& input : task.call().inputs)
    if (shared(*input)) return true;
  if (auto const* options = task.how().options.get())
    for (auto const& before : options->after())
      if (shared(*before.state())) return true;
  return false;
}

void session::submit_one(task_state& task, client_batch& batch) {
  if (share_fate(task)) return;
  if (auto const* again = task.how().again.get()) return submit_again(task, again->ref(), batch);
  hold(task);
  submitted_task spec;
  spec.ref = task.ref();
  auto& call = task.call();
  spec.payload_nbytes = call.call->nbytes();
  if (spec.payload_nbytes > large_arguments) note_large(task, spec.payload_nbytes);
  spec.parent = task.how().parent.attempt ? std::optional(task.how().parent) : std::nullopt;
  if (!task.how().only_named) spec.key = task.explicit_key();
  if (task.shares_key() && !task.how().seat && !task.how().placed)
    spec.arguments = digest_of_arguments(*call.call, call.inputs);
  spec.in_order = task.how().in_order;
  spec.moves_inputs = call.call->moves_inputs();
  if (auto const* placed = task.how().placed.get()) {
    spec.workers = placed->workers;
    spec.aside = placed->aside;
    spec.once = placed->once;
  }
  for (auto const& input : call.inputs) spec.deps.push_back({static_cast<task_state&>(*input).ref(), false, false});
  for (auto const& handle : call.held) {
    auto& actor = static_cast<task_state&>(*handle.state());
    auto same = [&](submitted_dep const& d) { return d.ref == actor.ref(); };
    // Who gets a handle of another client looks for the actor itself.
    if (actor.belongs_to(*this) && std::none_of(spec.deps.begin(), spec.deps.end(), same))
      spec.deps.push_back({actor.ref(), false, true});
  }
  if (auto const* seat = task.how().seat.get(); seat && seat->inside) spec.restarts = seat->restarts;
  if (auto const* options = task.how().options.get()) {
    spec.priority = options->priority();
    spec.retries = options->retries();
    spec.speculate = options->speculates();
    spec.deadline = options->deadline();
    for (auto const& [name, amount] : options->resources()) spec.resources.push_back({name, amount});
    spec.only_on = options->workers();
    spec.allow_other = options->allows_other();
    for (auto const& before : options->after()) {
      auto ref = static_cast<task_state&>(*before.state()).ref();
      if (std::none_of(spec.deps.begin(), spec.deps.end(), [&](submitted_dep const& d) { return d.ref == ref; }))
        spec.deps.push_back({ref, true, false});
    }
  }
  batch.calls.push_back(std::move(call.call));
  call.inputs.clear();
  call.held.clear();
  tail<to_scheduler::submit>(batch.events).tasks.push_back(std::move(spec));
}

void session::submit_again(task_state& task, client_ref known, client_batch& batch) {
  if (known.generation == 0) {
    task.set_error(std::make_exception_ptr(error(task.key() + " cannot run again: it was never submitted")));
    return;
  }
  hold(task);
  tail<to_scheduler::retry>(batch.events).items.push_back({task.ref(), known});
}

void session::note_large(task_state const& task, std::uint64_t nbytes) {
  // What is placed goes once to each worker.
  if (task.how().placed || ++large_calls_[&task.function()] != large_calls_allowed + 1) return;
  log("{} was called {} times with arguments of more than 1 MB (now {:.1f} MB), which go to a worker each time: where "
      "they are the same, `co_await client.scatter(argument)` sends them once, and its future stands for them",
      task.function().short_name, large_calls_allowed + 1, double(nbytes) / 1e6);
}

void session::give_back(task_state& task, client_batch& batch) {
  --held_;
  tail<to_scheduler::release>(batch.events).refs.push_back(task.ref());
  note_end(task.ref());
  slots_[task.ref().index].task = nullptr;
  references_.give_back(task.ref());
}

query session::ready(question asked) const {
  query made;
  made.what = std::move(asked.what);
  std::visit(
      [&](auto& what) {
        if constexpr (requires { what.refs; })
          for (auto const& about : asked.about) what.refs.push_back(static_cast<task_state&>(*about).ref());
      },
      made.what);
  return made;
}

client_batch session::collect() {
  client_batch batch;
  if (closed()) {
    collect_closed();
    return batch;
  }
  std::uint64_t nbytes = 0;
  std::size_t commands = 0;
  for (;;) {
    if (!rest_) {
      called_.store(false, std::memory_order_seq_cst);
      rest_ = inbox_.take();
      if (!rest_) return batch;
    }
    auto& command = static_cast<session_command&>(*rest_);
    auto& task = command.task;
    // What is too large to be sent is alone, and the only one that fails.
    bool submits = command.what == session_command::kind::submit && !task.done();
    if (submits) nbytes += task.call().call->nbytes();
    if (commands++ == most_commands || (!batch.events.empty() && nbytes > most_batch_bytes)) return batch;
    rest_ = rest_->next;
    carry_out(command, batch);
  }
}

void session::carry_out(session_command& command, client_batch& batch) {
  auto& task = command.task;
  switch (command.what) {
    case session_command::kind::submit:
      if (!task.done()) submit_one(task, batch);
      task.forget_options();
      return;
    case session_command::kind::cancel:
      if (task.ref().generation) tail<to_scheduler::cancel>(batch.events).refs.push_back(task.ref());
      delete &command;
      break;
    case session_command::kind::keep:
      if (task.ref().generation) tail<to_scheduler::keep>(batch.events).refs.push_back(task.ref());
      delete &command;
      break;
    case session_command::kind::fetch:
      want(task);
      break;
    case session_command::kind::release:
      if (task.ref().generation) give_back(task, batch);
      break;
    case session_command::kind::call:
      return task.route()->carry(static_cast<call_command&>(command).call, calls_to_send_);
    case session_command::kind::cancel_call:
      return stop_call(static_cast<call_command&>(command));
    case session_command::kind::awaited_call:
      task.route()->answered_elsewhere(calls_to_send_);
      delete &command;
      break;
  }
  task.release();
}

void session::collect_closed() noexcept {
  // One thread at a time: a task's release may come only when its submit has been carried out.
  if (collecting_.fetch_add(1, std::memory_order_acq_rel) > 0) return;
  std::uint32_t calls = 1;
  do carry_out_closed(inbox_.take());
  while (!collecting_.compare_exchange_strong(calls, 0, std::memory_order_acq_rel));
}

void session::carry_out_closed(work* first) noexcept {
  for (work* next = first; next;) {
    auto& command = static_cast<session_command&>(*std::exchange(next, next->next));
    auto& task = command.task;
    switch (command.what) {
      case session_command::kind::submit:
        task.set_error(closed_error());
        task.forget_options();
        break;
      case session_command::kind::fetch:
        task.fail(closed_error());
        task.release();
        break;
      case session_command::kind::call:
        static_cast<call_command&>(command).call.finish(closed_error());
        break;
      case session_command::kind::cancel_call: {
        auto& call = static_cast<call_command&>(command).call;
        delete &static_cast<call_command&>(command);
        call.release();
        break;
      }
      case session_command::kind::cancel:
      case session_command::kind::keep:
      case session_command::kind::awaited_call:
        delete &command;
        [[fallthrough]];
      case session_command::kind::release:
        task.release();
        break;
    }
  }
}

bool session::handle(client_news news) noexcept {
  for (auto& item : news.items) {
    std::visit(
        [this](auto const& ended) {
          if (find(ended.ref)) note_end(ended.ref);
        },
        item);
    auto* about = std::visit([this](auto const& ended) { return find(ended.ref); }, item);
    if (about && about->route()) {
      hear_of_actor(*about, item);
      continue;
    }
    if (auto* done = std::get_if<finished_news>(&item)) {
      auto* task = find(done->ref);
      if (!task) continue;
      if (done->value)
        task->deliver(std::move(done->value), done->nbytes);
      else
        task->deliver_place(std::move(done->at), done->task, done->nbytes);
    } else if (auto* failed = std::get_if<failed_news>(&item)) {
      if (auto* task = find(failed->ref)) task->fail(std::move(failed->error));
    } else if (auto* cancelled = std::get_if<cancelled_news>(&item)) {
      // Also one that had finished: its value goes where it lies.
      if (auto* task = find(cancelled->ref))
        task->fail(std::make_exception_ptr(cancelled_error(std::string(reason_text(cancelled->reason)))));
    }
  }
  return !looks_later_.exchange(true, std::memory_order_seq_cst);
}

void session::want(task_state& task) {
  if (!task.place()) return;
  task.set_fetching();
  bool large = task.nbytes() >= large_request;
  auto same = [&](fetch_request const& f) { return f.at == task.place() && f.of_large_ones == large; };
  auto at = std::find_if(fetches_.begin(), fetches_.end(), same);
  if (at == fetches_.end()) at = fetches_.insert(at, {task.place(), large});
  at->nbytes += task.nbytes();
  at->refs.push_back(task.ref());
  at->tasks.push_back(task.id());
}

void session::handle(fetch_request const& request, std::vector<value_ptr> values, std::string const& problem) noexcept {
  for (std::size_t i = 0; i < request.refs.size(); ++i) {
    auto* task = find(request.refs[i]);
    if (!task) continue;
    if (values[i])
      task->deliver(std::move(values[i]), task->nbytes());
    else if (problem.empty())
      task->fail(std::make_exception_ptr(
          error(fmt::format("the result of {} is no longer on {}", task->key(), request.at->name))));
    else
      task->fail(std::make_exception_ptr(error(
          fmt::format("the result of {} cannot be fetched from {}: {}", task->key(), request.at->name, problem))));
  }
}

void session::handle(cluster_changed change) {
  std::scoped_lock lock(info_mutex_);
  info_ = std::move(change.info);
}

cluster_info session::info() const {
  std::scoped_lock lock(info_mutex_);
  return info_;
}

std::exception_ptr session::closed_error() const {
  std::scoped_lock lock(info_mutex_);
  return std::make_exception_ptr(client_closed(closed_because_));
}

void session::close(std::string why) noexcept {
  if (closed()) return;
  {
    std::scoped_lock lock(info_mutex_);
    closed_because_ = std::move(why);
  }
  refusing_.store(true, std::memory_order_release);
  for (auto& s : slots_)
    if (auto* task = std::exchange(s.task, nullptr)) {
      if (!task->place() || task->fetching()) task->fail(closed_error());
      if (task->route()) task->route()->end(closed_error());
    }
  for (auto const& call : calls_.all()) call->set_error(closed_error());
  carry_out_closed(std::exchange(rest_, nullptr));
  // Not sooner: from here on other threads release tasks, too.
  closed_.store(true, std::memory_order_seq_cst);
  collect_closed();
}

}  // namespace troupe::detail
