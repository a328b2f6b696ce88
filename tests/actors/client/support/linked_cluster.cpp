#include "linked_cluster.hpp"

#include <troupe/actors/cluster/internal/member.hpp>
#include <troupe/actors/remote/internal/scheduler_port.hpp>
#include <troupe/actors/scheduler/internal/local_scheduler.hpp>
#include <troupe/actors/scheduler/internal/scheduler_functions.hpp>

#include <fmt/format.h>

#include <mutex>
#include <utility>
#include <vector>

namespace troupe::test {

class linked_cluster::impl {
 public:
  impl(cluster_options const& options, meet who) {
    detail::scheduler_options how;
    how.keep_lineage = true;
    scheduler_ = scheduler_in_.loop().spawn<detail::local_scheduler>(how, functions_);
    auto port = scheduler_in_.loop().spawn<detail::scheduler_port>(scheduler_, "tcp://127.0.0.1:0",
                                                                   detail::introduce(detail::link_role::scheduler));
    port.started().get();
    address_ = port.ask(detail::scheduler_port::get_address{}).get();
    for (std::uint32_t i = 0; i < options.workers(); ++i) {
      worker_server_options worker;
      worker.scheduler = address_;
      worker.name = fmt::format("worker-{}", i);
      worker.threads = options.threads_per_worker();
      worker.memory_limit = options.memory_limit();
      worker.resources = options.resources();
      worker.listen = "tcp://127.0.0.1:0";
      // Where nobody listens.
      if (who == meet::nobody) worker.contact = "tcp://127.0.0.1:1";
      // The process is not this worker's alone.
      worker.memory_spill = worker.memory_pause = 0;
      auto& in = *worker_in_.emplace_back(std::make_unique<runtime>());
      workers_.push_back(std::make_unique<detail::worker_member>(in, worker, [](duration) { return false; }));
    }
    static_cast<void>(scheduler_.ask(detail::get_info{options.workers()}).get());
  }
  ~impl() { close(); }
  impl(impl const&) = delete;
  impl& operator=(impl const&) = delete;

  client connect(std::string const& name) {
    std::scoped_lock lock(mutex_);
    if (closed_) throw client_closed("the cluster was closed");
    return detail::connect_to(*client_in_.emplace_back(std::make_unique<runtime>()), address_, name);
  }

  std::string const& address() const noexcept { return address_; }

  void close() {
    {
      std::scoped_lock lock(mutex_);
      closed_ = true;
    }
    // No call_once: ThreadSanitizer's never returns after a call that threw, and closing from a loop throws.
    std::scoped_lock lock(closing_);
    for (auto& in : client_in_) in->close();
    functions_->close();
    for (auto& worker : std::exchange(workers_, {})) worker->leave();
    for (auto& in : worker_in_) in->close();
    scheduler_in_.close();
  }

 private:
  std::mutex mutex_;  // guards closed_ and, until closed, the runtimes of clients
  bool closed_ = false;
  std::mutex closing_;  // held while it closes
  std::shared_ptr<detail::scheduler_functions> functions_ =
      std::make_shared<detail::scheduler_functions>("the scheduler's program");
  runtime scheduler_in_;
  actor_ref<detail::scheduler_actor> scheduler_;
  std::string address_;
  std::vector<std::unique_ptr<runtime>> worker_in_, client_in_;
  std::vector<std::unique_ptr<detail::worker_member>> workers_;
};

linked_cluster::linked_cluster(cluster_options const& options, meet who)
    : impl_(std::make_unique<impl>(options, who)) {}
linked_cluster::~linked_cluster() = default;
client linked_cluster::connect(std::string const& name) { return impl_->connect(name); }
std::string const& linked_cluster::address() const noexcept { return impl_->address(); }
void linked_cluster::close() { impl_->close(); }

}  // namespace troupe::test
