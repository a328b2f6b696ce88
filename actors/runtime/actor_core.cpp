#include <troupe/actors/runtime/actor.hpp>
#include <troupe/actors/runtime/internal/caf_host.hpp>
#include <troupe/actors/runtime/internal/delayed_send.hpp>
#include <troupe/actors/runtime/internal/loop_base.hpp>
#include <troupe/actors/runtime/internal/run_on.hpp>

namespace troupe::detail {
namespace {

// The actor whose object is being constructed on this thread.
constinit thread_local actor_core* being_born = nullptr;

}  // namespace

void throw_empty_reference(char const* operation) {
  throw error(std::string(operation) + " on an empty actor reference (default-constructed)");
}

intrusive_ptr<actor_core> core_being_born() {
  if (!being_born) throw error("an actor is constructed by event_loop::spawn only");
  return intrusive_ptr<actor_core>(being_born);
}

actor_core::actor_core(intrusive_ptr<event_loop> loop, actor_id id, actor_type const& type, std::unique_ptr<birth> how)
    : loop_(std::move(loop)), id_(id), type_(type), birth_(std::move(how)) {}

actor_core::~actor_core() = default;

std::string actor_core::name() const { return type_.name + "#" + std::to_string(std::uint64_t(id_)); }

std::exception_ptr actor_core::gone_error() const {
  return std::make_exception_ptr(actor_gone(name() + " is gone: " + reason_.text()));
}

void actor_core::deliver(envelope& message) noexcept {
  if (loop_->here()) return accept(message);
  message.to_ = intrusive_ptr<actor_core>(this);
  message.run = &arrive;
  loop_->post(message);
}

void actor_core::deliver_now(envelope& message) noexcept {
  if (loop_->here()) return accept(message);
  message.to_ = intrusive_ptr<actor_core>(this);
  message.run = &arrive;
  // The loop may end with the actor.
  intrusive_ptr<event_loop> loop = loop_;
  loop->post_now(message);
}

void actor_core::arrive(work& item) noexcept {
  auto& message = static_cast<envelope&>(item);
  auto to = std::move(message.to_);
  if (!to->can_run_now()) return to->accept(message);
  message.arrived(*to);
  to->run_now([&] { to->dispatch(message); });
}

bool actor_core::can_run_now() const noexcept {
  // Not scheduled: it has no mail and no steps, so nothing is overtaken, and none of its code is on the stack.
  return phase_ == phase::alive && born_ && !scheduled_ && loop_->here() && base_of(*loop_).runs_at_once();
}

template <class F>
void actor_core::run_now(F&& f) noexcept {
  scheduled_ = true;
  f();
  scheduled_ = false;
  if (has_work()) schedule();
}

bool actor_core::takes_in_hand() const noexcept {
  return !has_mail_ && count_in_hand_ < most_in_hand && born_ && base_of(*loop_).runs_at_once();
}

void actor_core::accept(envelope& message) noexcept {
  if (phase_ >= phase::stopping) return message.drop(*this);
  // Who finds it in the registry, as a closing runtime does, may be faster than the thread that spawned it.
  enter_system();
  message.arrived(*this);
  if (takes_in_hand()) {
    in_hand_.push(message);
    ++count_in_hand_;
    return schedule();
  }
  if (caf_->put(message)) {
    has_mail_ = true;
    schedule();
  }
}

void actor_core::on_loop(std::function<void()> f) {
  if (loop_->here()) return f();
  run_on(*loop_, std::move(f));
}

void actor_core::schedule() noexcept {
  if (std::exchange(scheduled_, true)) return;
  // Until the actor has ended its CAF actor keeps this alive; afterwards the turn does.
  if (!caf_) add_ref();
  base_of(*loop_).push_turn(*this);
}

void actor_core::post(work& item) noexcept {
  if (loop_->here()) {
    steps_.push(item);
    return schedule();
  }
  // Once the step is in, the loop may end the actor and let go of everything.
  intrusive_ptr<event_loop> loop = loop_;
  if (inbox_.push(item)) loop->post(knock_);
}

void actor_core::knocked() noexcept {
  // Once the inbox is empty again the next step knocks again, so nothing after this may use knock_.
  steps_.append(inbox_.take());
  if (can_run_now()) return run_now([this] { run_steps(); });
  if (loop_->here()) return schedule();
  // The loop is closed and its actors have ended: what still comes has nobody to disturb.
  run_steps();
}

void actor_core::run_steps() noexcept {
  work_list batch = std::exchange(steps_, {});
  while (work* item = batch.pop()) item->run(*item);
}

void actor_core::handle_in_hand() noexcept {
  work_list batch = std::exchange(in_hand_, {});
  count_in_hand_ = 0;
  while (work* item = batch.pop()) dispatch(static_cast<envelope&>(*item));
}

void actor_core::take_turn() noexcept {
  auto alive = caf_ ? nullptr : intrusive_ptr<actor_core>::adopt(this);
  // Until the end of the turn `scheduled_` stays true: what comes up in it is looked for there.
  run_steps();
  handle_in_hand();
  bool ended = false;
  // What has come to hand meanwhile was before what then went into the mailbox.
  if (caf_ && in_hand_.empty() && (has_mail_ || ready_to_end())) {
    auto& loop = base_of(*loop_);
    auto result = caf_->resume(&loop.caf().unit(), loop.messages_per_turn());
    has_mail_ = result == caf::resumable::resume_later;
    ended = result == caf::resumable::done;
  }
  if (ended) {
    alive = intrusive_ptr<actor_core>(this);
    bury();
  }
  scheduled_ = false;
  if (caf_ ? has_work() : !steps_.empty()) schedule();
}

void actor_core::enter_system() {
  if (caf_ || phase_ == phase::ended) return;
  auto handle = base_of(*loop_).caf().spawn(intrusive_ptr<actor_core>(this));
  caf_ = static_cast<caf_actor*>(caf::actor_cast<caf::abstract_actor*>(handle));
  // This reference is given back in bury.
  caf::intrusive_ptr_add_ref(handle.get());
  caf_->mailbox().try_unblock();
  has_mail_ = true;
  schedule();
}

void actor_core::bury() noexcept {
  caf_actor* caf = std::exchange(caf_, nullptr);
  if (caf) caf::intrusive_ptr_release(caf->ctrl());
}

void actor_core::give_birth() {
  auto how = std::move(birth_);
  if (phase_ != phase::unborn) return;
  phase_ = phase::alive;
  auto* outer = std::exchange(being_born, this);
  try {
    object_ = how->make();
    born_ = true;
  } catch (...) {
    quit(exit_reason::failed(std::current_exception()));
  }
  being_born = outer;
  for (auto& waiting : std::exchange(started_, {}))
    if (born_)
      waiting.set_value();
    else
      waiting.set_error(reason_.error());
}

void actor_core::dispatch(envelope& message) noexcept {
  if (phase_ != phase::alive) return message.drop(*this);
  try {
    message.handle(*object_, *this);
  } catch (...) {
    handler_failed(std::current_exception());
  }
}

void actor_core::handler_failed(std::exception_ptr error) noexcept {
  if (stopping() && is_cancellation(error)) return;
  quit(exit_reason::failed(std::move(error)));
}

void actor_core::quit(exit_reason reason) noexcept {
  if (stopping()) return;
  phase_ = phase::stopping;
  reason_ = std::move(reason);
  stop_.request_stop();
  for (auto* handler = handlers_; handler; handler = handler->next_)
    if (handler->stop_) handler->stop_->request_stop();
  if (caf_) schedule();
}

void actor_core::exit_signal(exit_msg signal) noexcept {
  if (stopping()) return;
  bool from_link = signal.source != actor_id{};
  if (trap_exit_ && type_.make_exit && phase_ == phase::alive) return dispatch(*type_.make_exit(std::move(signal)));
  if (from_link && signal.reason.what() == exit_reason::kind::normal) return;
  quit(std::move(signal.reason));
}

void actor_core::refuse(exit_reason reason) noexcept {
  phase_ = phase::ended;
  reason_ = std::move(reason);
  birth_.reset();
}

void actor_core::ended_in_caf() noexcept {
  phase_ = phase::ended;
  birth_.reset();
  drop_delayed_sends();
  object_.reset();
  for (auto& waiting : std::exchange(started_, {})) waiting.set_error(gone_error());
  base_of(*loop_).registry().remove(*this);
}

void actor_core::when_ended(std::function<void(exit_reason const&)> f) {
  if (phase_ == phase::ended) return f(reason_);
  enter_system();
  caf_->when_ended([this, f = std::move(f)] { f(reason_); });
}

future<void> actor_core::started() {
  promise<void> p;
  auto answer = p.get_future();
  auto shared = std::make_shared<promise<void>>(std::move(p));
  on_loop([self = intrusive_ptr<actor_core>(this), shared] {
    if (self->born_)
      shared->set_value();
    else if (self->stopping())
      shared->set_error(self->reason_.error() ? self->reason_.error() : self->gone_error());
    else
      self->started_.push_back(std::move(*shared));
  });
  return answer;
}

future<exit_reason> actor_core::ended() {
  auto shared = std::make_shared<promise<exit_reason>>();
  auto answer = shared->get_future();
  on_loop([self = intrusive_ptr<actor_core>(this), shared] {
    self->when_ended([shared](exit_reason const& reason) { shared->set_value(reason); });
  });
  return answer;
}

namespace {

root run_body(std::unique_ptr<running_handler> running, task<void> body) {
  try {
    co_await std::move(body);
  } catch (...) {
    running->failed(std::current_exception());
  }
}

}  // namespace

void actor_core::run(task<void> body) {
  run_body(std::make_unique<running_handler>(*this), std::move(body)).start({this, stop_token()});
}

running_handler::running_handler(actor_core& core, std::stop_source* stop) noexcept : core_(core), stop_(stop) {
  base_of(core.loop()).handler_started();
  ++core_.running_;
  next_ = core_.handlers_;
  if (next_) next_->previous_ = this;
  core_.handlers_ = this;
}

running_handler::~running_handler() {
  (previous_ ? previous_->next_ : core_.handlers_) = next_;
  if (next_) next_->previous_ = previous_;
  base_of(core_.loop()).handler_ended();
  if (--core_.running_ == 0 && core_.stopping()) core_.schedule();
}

}  // namespace troupe::detail
