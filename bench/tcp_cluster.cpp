#include "tcp_cluster.hpp"
#include "roles.hpp"

#include <troupe/actors/cluster/run.hpp>
#include <troupe/actors/cluster/server_options.hpp>
#include <troupe/futures/clock.hpp>

#include <unistd.h>

#include <cstdio>
#include <thread>

namespace troupe::bench {
namespace {

using namespace std::chrono_literals;

void say(std::string const& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

template <class Condition>
void wait_until(Condition condition, char const* what) {
  auto limit = clock::now() + 20s;
  while (!condition()) {
    require(clock::now() < limit, what);
    std::this_thread::sleep_for(1ms);
  }
}

}  // namespace

int play_scheduler() {
  scheduler_server_options options;
  options.listen = "tcp://127.0.0.1:0";
  return static_cast<int>(serve_scheduler(options, say));
}

int play_worker(std::string address, int number, std::uint32_t threads) {
  worker_server_options options;
  options.scheduler = std::move(address);
  options.name = "worker-" + std::to_string(number);
  options.threads = threads;
  options.listen = "tcp://127.0.0.1:0";
  return static_cast<int>(serve_worker(options, [] { say("started"); }));
}

tcp_cluster::tcp_cluster(cluster_shape of)
    : scheduler_(this_program_as({"--play-scheduler"})), address_(scheduler_.read_line()) {
  if (of.zero) {
    workers_.emplace_back(this_program_as({"--play-zero-workers", address_, std::to_string(of.workers)}));
  } else {
    for (std::size_t i = 0; i < of.workers; ++i)
      workers_.emplace_back(
          this_program_as({"--play-worker", address_, std::to_string(i), std::to_string(of.threads)}));
  }
  client_ = join(loops_.emplace_back());
  wait_until([&] { return client_.cluster_info().get().workers.size() == of.workers; }, "workers that joined");
}

client tcp_cluster::join(runtime& in) {
  std::string program = "troupe_bench", flag = "--scheduler", address = address_;
  char* arguments[] = {program.data(), flag.data(), address.data(), nullptr};
  return connect(in, 3, arguments);
}

std::vector<std::pair<std::string, pid_t>> tcp_cluster::processes() const {
  std::vector<std::pair<std::string, pid_t>> processes{{"client", ::getpid()}, {"scheduler", scheduler_.pid()}};
  for (std::size_t i = 0; i < workers_.size(); ++i)
    processes.emplace_back("worker" + std::to_string(i), workers_[i].pid());
  return processes;
}

process_meter tcp_cluster::costs() const { return process_meter(processes()); }

void tcp_cluster::settle() const {
  wait_until([this] { return client_.cluster_info().get().tasks == 0; }, "tasks that were released");
}

}  // namespace troupe::bench
