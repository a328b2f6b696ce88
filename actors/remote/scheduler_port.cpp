#include <troupe/actors/remote/internal/scheduler_port.hpp>
#include <troupe/actors/remote/internal/served_link.hpp>
#include <troupe/actors/remote/internal/value_parts.hpp>
#include <troupe/actors/runtime/internal/asio_loop.hpp>

#include <cstddef>
#include <utility>

namespace troupe::detail {
namespace {

std::string admit(hello const& them) {
  switch (them.role) {
    case link_role::client:
    case link_role::worker:
    case link_role::observer:
    case link_role::nanny:
      return {};
    default:
      return "a scheduler is for clients and workers";
  }
}

}  // namespace

scheduler_port::scheduler_port(actor_ref<scheduler_actor> scheduler, std::string const& listen_on, hello self)
    : scheduler_(std::move(scheduler)),
      listener_(listen(io_of(loop()), listen_on, std::move(self), {}, admit, [this](link_ptr link) {
        links_.push_back(make_intrusive<served_link>(std::move(link), *this, scheduler_, loop()));
      })) {
  monitor(scheduler_);
}

scheduler_port::~scheduler_port() {
  listener_.reset();
  for (auto const& link : std::exchange(links_, {})) link->close("the scheduler closes");
}

void scheduler_port::on(process_ended const& message) {
  for (auto const& link : links_) link->process_ended(message.worker);
}

void scheduler_port::on(down_msg const&) {
  for (auto const& link : std::exchange(links_, {})) link->close("the cluster was shut down");
}

void scheduler_port::forget(served_link& gone) {
  std::erase_if(links_, [&](auto const& link) { return link.get() == &gone; });
}

void scheduler_port::relay(link_ptr asker, std::uint64_t number, relay_values wanted) {
  start(pass_on(std::move(asker), number, std::move(wanted)));
}

task<void> scheduler_port::pass_on(link_ptr asker, std::uint64_t number, relay_values wanted) {
  // Of one request this process holds hardly more, however much is asked for.
  constexpr std::uint64_t at_once = std::uint64_t{32} << 20;
  auto const& tasks = wanted.tasks;
  for (std::size_t sent = 0; sent == 0 || sent < tasks.size();) {
    auto room = room_for_values(*asker);
    if (!co_await std::move(room)) co_return;
    std::vector<value_ptr> values;
    std::string problem;
    try {
      relay_values slice{wanted.from, {tasks.begin() + std::ptrdiff_t(sent), tasks.end()}, at_once};
      auto asked = scheduler_.ask(std::move(slice));
      values = co_await std::move(asked);
    } catch (error const& e) {
      problem = e.what();
    }
    if (!problem.empty()) co_return refuse_values(*asker, number, problem);
    sent += values.size();
    auto end = sent == tasks.size() ? part_kind::last : part_kind::more_follow;
    value_sender by{"the scheduler", nullptr};
    auto sending = send_values(asker, number, std::move(values), std::move(by), end);
    co_await std::move(sending);
    if (tasks.empty()) co_return;
  }
}

}  // namespace troupe::detail
