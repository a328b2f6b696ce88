#include "process_costs.hpp"

#include <ctime>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace troupe::bench {
namespace {

process_costs costs_of(pid_t process) {
  process_costs costs;
  clockid_t clock = 0;
  timespec used{};
  if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &used) != 0)
    throw std::runtime_error("a process of the figure has gone");
  costs.cpu_seconds = static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
  for (auto const& thread : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
    std::ifstream status(thread.path() / "status");
    for (std::string word; status >> word;)
      if (word == "voluntary_ctxt_switches:") {
        double sleeps = 0;
        status >> sleeps;
        costs.sleeps += sleeps;
      }
  }
  return costs;
}

}  // namespace

process_meter::process_meter(std::vector<std::pair<std::string, pid_t>> processes)
    : processes_(std::move(processes)), spent_(processes_.size()) {
  resume();
}

void process_meter::resume() {
  running_ = true;
  before_.clear();
  for (auto const& [name, pid] : processes_) before_.push_back(costs_of(pid));
}

void process_meter::pause() {
  if (!std::exchange(running_, false)) return;
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    auto now = costs_of(processes_[i].second);
    spent_[i].cpu_seconds += now.cpu_seconds - before_[i].cpu_seconds;
    spent_[i].sleeps += now.sleeps - before_[i].sleeps;
  }
}

void process_meter::add_costs(sample& s, std::size_t operations) {
  pause();
  auto n = static_cast<double>(operations);
  s.cpu_us = s.sleeps = 0;
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    auto cpu = spent_[i].cpu_seconds / n / us;
    auto sleeps = spent_[i].sleeps / n;
    s.more.emplace_back("cpu_us_" + processes_[i].first, cpu);
    s.more.emplace_back("sleeps_" + processes_[i].first, sleeps);
    *s.cpu_us += cpu;
    *s.sleeps += sleeps;
  }
}

std::uint64_t loopback_bytes() {
  std::ifstream devices("/proc/net/dev");
  for (std::string word; devices >> word;)
    if (word == "lo:") {
      std::uint64_t received = 0;
      devices >> received;
      return received;
    }
  throw std::runtime_error("there is no loopback interface");
}

}  // namespace troupe::bench
