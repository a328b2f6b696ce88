#include "raw_hops.hpp"
#include "process_costs.hpp"
#include "roles.hpp"
#include "wake_chain.hpp"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <thread>
#include <vector>

namespace troupe::bench {
namespace {

using ball = std::array<char, 64>;

}  // namespace

int play_relay() {
  tcp_listener listener;
  std::printf("%u\n", unsigned(listener.port()));
  std::fflush(stdout);
  auto worker = listener.accept();
  auto client = listener.accept();
  ball b{};
  while (receive_all(client.get(), b.data(), b.size()) && send_all(worker.get(), b.data(), b.size()) &&
         receive_all(worker.get(), b.data(), b.size()) && send_all(client.get(), b.data(), b.size())) {
  }
  return 0;
}

int play_relayed_worker(std::uint16_t port) {
  auto relay = connect_tcp(port);
  wake_chain second_thread({0, 1});
  std::puts("started");
  std::fflush(stdout);
  ball b{};
  while (receive_all(relay.get(), b.data(), b.size())) {
    second_thread.once_around();
    if (!send_all(relay.get(), b.data(), b.size())) break;
  }
  return 0;
}

raw_hops::raw_hops()
    : relay_(this_program_as({"--play-relay"})),
      port_(relay_.read_line()),
      worker_(this_program_as({"--play-relayed-worker", port_})) {
  static_cast<void>(worker_.read_line());
  socket_ = connect_tcp(static_cast<std::uint16_t>(std::stoul(port_)));
}

sample raw_hops::run(std::size_t calls, std::chrono::milliseconds apart) {
  std::vector<double> times;
  times.reserve(calls);
  process_meter costs({{"client", ::getpid()}, {"scheduler", relay_.pid()}, {"worker0", worker_.pid()}});
  for (std::size_t i = 0; i < calls; ++i) {
    if (apart.count() > 0) std::this_thread::sleep_for(apart);
    auto begin = std::chrono::steady_clock::now();
    ball b{static_cast<char>(i)};
    require(send_all(socket_.get(), b.data(), b.size()) && receive_all(socket_.get(), b.data(), b.size()), "relay");
    times.push_back(seconds_since(begin) / us);
    require(b[0] == static_cast<char>(i), "what came back through the relay");
  }
  sample s = latencies(std::move(times));
  costs.add_costs(s, calls);
  return s;
}

}  // namespace troupe::bench
