#include <troupe/actors/scheduler/internal/state.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

/// What it takes to reach workers, as they have measured it. What moving values takes is kept for each worker, not for
/// each pair of them: what a byte takes from one host to another is a share of the receiver's and a share of the
/// sender's, so that one that sends slowly is dear to all and makes nobody else so. Within a host there is one cost for
/// each receiver.

namespace troupe::detail {

namespace {

/// What is smaller tells how long a fetch takes that brings nothing, what is larger how long its bytes take.
constexpr std::uint64_t small_transfer = std::uint64_t{64} << 10;
// Nothing is so fast that it could not become slower again.
constexpr double least_latency = 1'000;
constexpr double least_per_byte = 0.0005;

/// How far one sample moves an average: a quarter of the way, and up by less than it is itself.
double step(double average, double sample) { return (std::min(sample, 4 * average) - average) / 4; }

void move(double& average, double by, double least) { average = std::max(least, average + by); }

}  // namespace

std::string_view host_in(std::string_view address) {
  auto from = address.find("://");
  auto host = from == std::string_view::npos ? address : address.substr(from + 3);
  host = host.substr(0, host.rfind(':'));
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return host;
}

void scheduler_core::state::settle_in(worker_record& worker) {
  auto name = std::string(host_in(worker.address));
  auto known = host_names.find(name);
  if (known != host_names.end()) {
    worker.host = known->second;
  } else {
    worker.host = hosts.take();
    hosts[worker.host] = {};
    hosts[worker.host].name = name;
    // Who has no address is near nobody.
    if (!name.empty()) host_names.emplace(name, worker.host);
  }
  hosts[worker.host].workers.push_back(worker.id);

  auto latency = nanoseconds(options.transfer_latency);
  auto per_byte = 1e9 / static_cast<double>(options.transfer_bytes_per_second);
  worker.far = {latency, per_byte / 2};
  worker.send_per_byte = per_byte / 2;
  worker.near = {latency / 2, per_byte / 2};
}

void scheduler_core::state::move_out(worker_record& worker) {
  auto& host = hosts[worker.host];
  std::erase(host.workers, worker.id);
  if (!host.workers.empty()) return;
  if (!host.name.empty()) host_names.erase(host.name);
  hosts.give_back(worker.host);
}

void scheduler_core::state::on_transfer(worker_record& to, transfer_item const& item) {
  auto* from = find(item.from);
  auto took = nanoseconds(item.took);
  if (took <= 0 || from == &to) return;
  bool near = from && from->host == to.host;
  auto& link = near ? to.near : to.far;
  auto* send = from && !near ? &from->send_per_byte : nullptr;
  auto per_byte = link.per_byte + (send ? *send : 0);
  auto nbytes = static_cast<double>(item.nbytes);
  if (item.nbytes <= small_transfer) {
    move(link.latency, step(link.latency, std::max(took - nbytes * per_byte, 0.0)), least_latency);
    return;
  }
  auto by = step(per_byte, std::max(took - link.latency, 0.0) / nbytes);
  move(link.per_byte, send ? by / 2 : by, least_per_byte);
  if (send) move(*send, by / 2, least_per_byte);
}

double scheduler_core::state::transfer_cost(worker_record const& to, inputs_to_move const& what) {
  double cost = what.send;
  if (what.near_count > 0) cost += to.near.latency + static_cast<double>(what.near_bytes) * to.near.per_byte;
  if (what.far_count > 0) cost += to.far.latency + static_cast<double>(what.far_bytes) * to.far.per_byte;
  return cost;
}

/// Of all that the task depends on and the worker does not have.
double scheduler_core::state::transfer_cost(worker_record const& to, task_record const& task) const {
  inputs_to_move missing;
  for (auto e = task.first_dep; e != none; e = edges[e].next_dep) {
    if (edges[e].dep == none) continue;
    auto const& dep = tasks[edges[e].dep];
    if (dep.holder == none || holds(edges[e].dep, to.id)) continue;
    auto const& from = *workers[dep.holder];
    bool near = from.host == to.host;
    (near ? missing.near_bytes : missing.far_bytes) += dep.nbytes;
    ++(near ? missing.near_count : missing.far_count);
    if (!near) missing.send += static_cast<double>(dep.nbytes) * from.send_per_byte;
  }
  return transfer_cost(to, missing);
}

void scheduler_core::state::on_heard(worker_record& worker, order_echo const& heard) {
  if (!worker.probe || heard.attempt < worker.probe) return;
  bool same = heard.attempt == std::exchange(worker.probe, {});
  // Another order came first to be measured.
  if (!same) return;
  auto sample = std::max(nanoseconds(now - worker.probe_sent - heard.held), 0.0);
  // The shortest is what the way takes; what is longer has waited somewhere, and to give more ahead then would make it
  // wait longer still. A way that has become longer is believed slowly.
  bool shorter = worker.round_trip < 0 || sample < worker.round_trip;
  worker.round_trip = shorter ? sample : worker.round_trip + (sample - worker.round_trip) / 256;
  size_window(worker);
}

void scheduler_core::state::size_window(worker_record& worker) {
  auto least = std::max(nanoseconds(options.work_ahead), 1.0);
  auto ahead = std::max(least, std::min(2 * worker.round_trip, nanoseconds(options.most_work_ahead)));
  auto threads = static_cast<double>(worker.nthreads);
  worker.most_load = static_cast<std::int64_t>(threads * ahead);
  auto usual = threads * static_cast<double>(options.bytes_ahead);
  auto spared = options.memory_ahead * static_cast<double>(worker.memory_target);
  worker.most_bytes = static_cast<std::int64_t>(std::clamp(usual * ahead / least, usual, std::max(usual, spared)));
}

}  // namespace troupe::detail
