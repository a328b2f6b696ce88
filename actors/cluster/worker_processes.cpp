#include <troupe/actors/cluster/internal/cluster_workers.hpp>
#include <troupe/actors/cluster/internal/member.hpp>

#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <utility>

namespace troupe::detail {
namespace {

std::atomic<bool> can_be_worker = false;

/// A process whose tasks do not end is killed after this.
constexpr auto patience = std::chrono::seconds(10);

/// As `troupe worker` does it.
nanny_settings supervision_of(worker_shape const& shape) {
  constexpr double terminate = 0.95;
  nanny_settings s;
  s.memory_limit = static_cast<std::uint64_t>(static_cast<double>(shape.memory) * terminate);
  return s;
}

/// Calls a function again and again.
class ticker final : public actor {
 public:
  ticker(duration pause, std::function<void()> call) : pause_(pause), call_(std::move(call)) { on(tick{}); }

  struct tick {};
  void on(tick) {
    call_();
    send_after(pause_, this, tick{});
  }

 private:
  duration const pause_;
  std::function<void()> const call_;
};

std::vector<std::string> command_of(worker_shape const& shape, std::string const& worker, std::string const& address,
                                    std::uint64_t nanny, std::uint64_t life) {
  std::vector<std::string> command{this_program(),
                                   "--worker",
                                   address,
                                   "--no-config",
                                   "--name",
                                   worker,
                                   "--nthreads",
                                   fmt::to_string(shape.threads),
                                   "--memory-limit",
                                   fmt::to_string(shape.memory),
                                   "--memory-target",
                                   fmt::to_string(shape.at.target),
                                   "--memory-spill",
                                   fmt::to_string(shape.at.spill),
                                   "--memory-pause",
                                   fmt::to_string(shape.at.pause),
                                   "--host",
                                   "127.0.0.1",
                                   "--no-nanny",
                                   "--life",
                                   fmt::format("{}:{}", nanny, life)};
  if (!shape.local_directory.empty()) command.insert(command.end(), {"--local-directory", shape.local_directory});
  for (auto const& [resource, amount] : shape.resources) {
    command.emplace_back("--resources");
    command.push_back(fmt::format("{}={}", resource, amount));
  }
  return command;
}

}  // namespace

void set_can_be_worker() noexcept { can_be_worker.store(true); }

worker_processes::worker_processes(event_loop& loop, actor_ref<scheduler_actor> const& scheduler, worker_shape shape)
    : shape_(std::move(shape)), supervision_(supervision_of(shape_)) {
  if (!can_be_worker.load())
    throw error(
        "a cluster of processes starts this program again as its workers, so main has to begin with "
        "troupe::run(argc, argv, app) or troupe::init(argc, argv)");
  callbacks_ = std::make_shared<thread_pool>(shape_.name, 1);
  port_ = loop.spawn<scheduler_port>(scheduler, "tcp://127.0.0.1:0", introduce(link_role::scheduler));
  port_.started().get();
  address_ = port_.ask(scheduler_port::get_address{}).get();
  nanny_ = std::make_shared<nanny_services>(introduce(link_role::nanny).name, std::vector<std::string>());
  nanny_actor_ = loop.spawn<local_nanny>(nanny_);
  scheduler.send(attach_nanny{nanny_actor_, nanny_->number(), nanny_->program()});

  auto joined = scheduler.ask(get_info{shape_.count});
  for (std::uint32_t i = 0; i < shape_.count; ++i) {
    auto name = shape_.name_of(i);
    // Has no effect once all have joined.
    children_[name] = make(name, [joined] { joined.cancel(); });
  }
  try {
    info_ = joined.get();
  } catch (cancelled_error const&) {
    std::string causes;
    for (auto const& [name, child] : children_)
      if (auto cause = child->ended()) causes += (causes.empty() ? "" : ", ") + to_string(*cause);
    close();
    throw error("a worker process ended before it joined its cluster: " + causes);
  }
  for (auto const& [name, child] : children_) child->keep();
  memory_watch_ = loop.spawn<ticker>(supervision_.monitor_interval, [this] { measure(); });
}

worker_processes::~worker_processes() { close(); }

std::unique_ptr<kept_process> worker_processes::make(std::string const& name, std::function<void()> const& ended) {
  auto told = [ended, port = port_, name] {
    if (ended) ended();
    port.send(scheduler_port::process_ended{name});
  };
  auto over = [this] {
    std::scoped_lock lock(mutex_);
    if (told_) told_();
  };
  auto prepare = [nanny = nanny_, shape = shape_, name, address = address_] {
    auto start = nanny->plugins().begin_start(name);
    child_options life;
    life.command = command_of(shape, name, address, nanny->number(), start.number);
    life.environment = std::move(start.environment);
    return life;
  };
  return std::make_unique<kept_process>(name, supervision_, std::move(prepare), std::move(told), std::move(over));
}

void worker_processes::measure() {
  std::scoped_lock lock(mutex_);
  for (auto const& [name, child] : children_) child->measure();
}

void worker_processes::start(std::string const& name) {
  auto child = make(name, {});
  child->keep();
  std::scoped_lock lock(mutex_);
  children_[name] = std::move(child);
}

void worker_processes::may_come_back(std::string const& name, bool may) {
  std::scoped_lock lock(mutex_);
  auto known = children_.find(name);
  if (known == children_.end()) return;
  may ? known->second->keep() : known->second->let_go();
}

bool worker_processes::has_left(std::string const& name) const {
  std::scoped_lock lock(mutex_);
  auto known = children_.find(name);
  return known != children_.end() && known->second->over();
}

void worker_processes::end(std::string const& name) {
  std::unique_lock lock(mutex_);
  auto leaving = children_.extract(name);
  lock.unlock();
  if (!leaving) return;
  leaving.mapped()->let_go();
  // What has not joined by now has nothing to finish, and what it is just being given runs elsewhere.
  leaving.mapped()->end_within(duration::zero());
}

void worker_processes::on_left(std::function<void()> told) {
  std::scoped_lock lock(mutex_);
  told_ = std::move(told);
}

void worker_processes::close() {
  if (memory_watch_) stop_and_wait(std::exchange(memory_watch_, {}));
  std::unique_lock lock(mutex_);
  auto all = std::exchange(children_, {});
  lock.unlock();
  for (auto const& [name, child] : all) child->let_go();
  if (port_) stop_and_wait(std::exchange(port_, {}));
  for (auto const& [name, child] : all) child->end_within(patience);
  all.clear();
  if (nanny_actor_) stop_and_wait(std::exchange(nanny_actor_, {}));
  if (nanny_) nanny_->close();
  callbacks_->join();
}

}  // namespace troupe::detail
