#include <troupe/actors/client/client.hpp>
#include <troupe/actors/client/fire_and_forget.hpp>
#include <troupe/actors/client/internal/passed_answer.hpp>
#include <troupe/actors/client/internal/session.hpp>
#include <troupe/actors/scheduler/internal/scheduler_actor.hpp>
#include <troupe/futures/promise.hpp>

#include <fmt/format.h>

#include <ostream>

namespace troupe {
using detail::session_of;

namespace detail {

client make_client(intrusive_ptr<session> const& of, submitting_attempt parent) {
  client c;
  c.self_ = {intrusive_ptr<session_users>(of ? &of->users() : nullptr), nullptr, parent};
  return c;
}

namespace {

task_state& task_of(intrusive_ptr<state_base> const& of) {
  if (!of) throw future_invalid("an empty future (default-constructed or moved from) is of no task");
  auto* task = dynamic_cast<task_state*>(of.get());
  if (!task) throw error("this future is of no task that a client submitted");
  return *task;
}

}  // namespace

}  // namespace detail

client client::with(task_options options) const {
  client copy = *this;
  copy.self_.options = std::make_shared<task_options const>(std::move(options));
  return copy;
}

detail::intrusive_ptr<detail::state_base> client::submit_bound(detail::bound_call what) const {
  return session_of(self_).submit(std::move(what), {self_.options, {self_.parent.task, self_.parent.attempt}});
}

detail::intrusive_ptr<detail::state_base> client::retry_task(
    detail::intrusive_ptr<detail::state_base> const& of) const {
  auto& task = detail::task_of(of);
  if (!task.belongs_to(session_of(self_))) throw error(task.key() + " is a task of another client");
  return task.retry();
}

void detail::keep_task(intrusive_ptr<state_base> const& of) { task_of(of).keep(); }

detail::submission_batch client::open_batch() const { return detail::submission_batch(self_); }

future<troupe::cluster_info> client::cluster_info() const {
  using detail::passed_answer;
  auto& s = session_of(self_);
  if (s.refusing()) return make_failed_future<troupe::cluster_info>(detail::client_closed_error());
  auto read = [kept = self_.session](auto const& asked) { return asked.get(); };
  return passed_answer<troupe::cluster_info, troupe::cluster_info>::of(s.scheduler().ask(detail::get_info{}), read);
}

void client::close() const { session_of(self_).ask_to_close(); }
bool client::closed() const noexcept { return !self_.session || session_of(self_).refusing(); }

std::string client::describe() const {
  if (!self_.session) return "no cluster";
  if (closed()) return "closed";
  return to_string(session_of(self_).info());
}

std::ostream& operator<<(std::ostream& out, client const& c) { return out << c.describe(); }

std::string to_string(cluster_info const& info) {
  auto counted = [](std::size_t n, char const* what) { return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s"); };
  return fmt::format("{}, {}, {:.1f} GB", counted(info.workers.size(), "worker"),
                     counted(info.total_threads(), "thread"), double(info.total_memory()) / 1e9);
}

}  // namespace troupe
