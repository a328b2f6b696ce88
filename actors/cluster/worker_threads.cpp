#include <troupe/actors/client/internal/local_client.hpp>
#include <troupe/actors/cluster/internal/cluster_workers.hpp>
#include <troupe/actors/worker/internal/upload_store.hpp>

#include <algorithm>
#include <utility>

namespace troupe::detail {

intrusive_ptr<session> open_session(event_loop& loop, actor_ref<scheduler_actor> scheduler,
                                    std::shared_ptr<executor> callbacks, std::string name, cluster_info known,
                                    session::reach where, local_client::place inside) {
  auto opened = make_intrusive<session>(scheduler, std::move(callbacks), where);
  // The scheduler's word comes later; until then it prints itself as this.
  opened->handle(cluster_changed{std::move(known)});
  opened->set_actor(loop.spawn<local_client>(opened, std::move(scheduler), std::move(name), inside));
  return opened;
}

namespace {

void wait_for_end(actor_handle const& actor) {
  auto ended = actor.ended();
  block_until_done(*future_access::state(ended), time_point::max(), "close");
}

}  // namespace

void close_all(std::vector<intrusive_ptr<session>> const& sessions) {
  for (auto const& s : sessions) s->ask_to_close();
  for (auto const& s : sessions) wait_for_end(s->actor());
}

void stop_and_wait(actor_handle const& actor) {
  actor.stop();
  wait_for_end(actor);
}

worker_threads::worker_threads(event_loop& loop, actor_ref<scheduler_actor> scheduler, worker_shape shape)
    : loop_(loop),
      scheduler_(std::move(scheduler)),
      shape_(std::move(shape)),
      uploads_(std::make_shared<upload_store>(shape_.local_directory)),
      memory_(loop.spawn<memory_watch>(shape_.at)) {
  for (std::uint32_t i = 0; i < shape_.count; ++i) start(shape_.name_of(i));
}

void worker_threads::start(std::string const& name) {
  auto memory = std::make_unique<memory_in_program>(shape_.memory);
  auto services = std::make_shared<worker_services>();
  services->name = name;
  services->threads = shape_.threads;
  services->memory_limit = shape_.memory;
  services->uploads = uploads_;
  services->pool = std::make_shared<thread_pool>(services->name, shape_.threads);
  services->pool->on_blocking([] {
    if (auto* task = execution::current()) task->note_waiting();
  });
  services->children = open_session(loop_, scheduler_, services->pool, services->name, info(),
                                    session::reach::this_process, local_client::place::in_worker);
  worker_options limits;
  if (shape_.at.target > 0)
    limits.target_bytes = static_cast<std::uint64_t>(static_cast<double>(shape_.memory) * shape_.at.target);
  auto actor = loop_.spawn<local_worker>(local_worker::setup{scheduler_, services, limits});
  auto ended = actor.ended();
  worker_info known{services->name, shape_.threads, shape_.memory, {}, shape_.resources};
  {
    std::scoped_lock lock(mutex_);
    if (!first_) first_ = services;
    info_.workers.push_back(known);
    workers_.push_back({actor, services, std::move(ended), std::move(memory)});
  }
  memory_.send(memory_watch::add{{actor, services}});
  // From here, not from the worker: who asks the scheduler from now on is told of it.
  scheduler_.send(attach_worker{actor, std::move(known), {}});
}

bool worker_threads::runs_here() const noexcept {
  std::scoped_lock lock(mutex_);
  auto* here = executor::current();
  if (here && first_ && here == first_->pool.get()) return true;
  return std::any_of(workers_.begin(), workers_.end(), [&](worker const& w) { return here == w.services->pool.get(); });
}

bool worker_threads::has_left(std::string const& name) const {
  std::scoped_lock lock(mutex_);
  return std::any_of(workers_.begin(), workers_.end(),
                     [&](worker const& w) { return w.services->name == name && w.ended.done(); });
}

void worker_threads::end(std::string const& name) {
  std::vector<worker> leaving;
  {
    std::scoped_lock lock(mutex_);
    auto found =
        std::find_if(workers_.begin(), workers_.end(), [&](worker const& w) { return w.services->name == name; });
    if (found == workers_.end()) return;
    leaving.push_back(std::move(*found));
    workers_.erase(found);
  }
  finish(leaving);
}

void worker_threads::close() {
  std::vector<worker> all;
  {
    std::scoped_lock lock(mutex_);
    all = std::exchange(workers_, {});
  }
  finish(all);
  if (memory_) stop_and_wait(std::exchange(memory_, {}));
  if (first_) first_->pool->join();
}

void worker_threads::finish(std::vector<worker> const& leaving) {
  for (auto const& w : leaving) memory_.send(memory_watch::remove{w.services});
  std::vector<intrusive_ptr<session>> children;
  for (auto const& w : leaving) children.push_back(w.services->children);
  close_all(children);
  std::vector<future<void>> finishing;
  for (auto const& w : leaving) finishing.push_back(w.actor.ask(finish_up{}));
  for (auto& f : finishing) block_until_done(*future_access::state(f), time_point::max(), "close");
  for (auto const& w : leaving)
    if (w.services != first_) w.services->pool->join();
  for (auto const& w : leaving) stop_and_wait(w.actor);
}

}  // namespace troupe::detail
