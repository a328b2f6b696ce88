#include "measure.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>

namespace troupe::bench {
namespace {

double seconds(timeval const& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; }

rusage used() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage;
}

double quantile(std::vector<double> values, double q) {
  auto at = static_cast<std::ptrdiff_t>(std::lround(q * static_cast<double>(values.size() - 1)));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

void print_median(char const* name, std::vector<sample> const& runs, std::optional<double> sample::* member) {
  std::vector<double> values;
  for (auto const& run : runs)
    if (run.*member) values.push_back(*(run.*member));
  if (!values.empty()) std::printf(",\"%s\":%.4g", name, quantile(values, 0.5));
}

std::vector<double> values_of(std::vector<sample> const& runs) {
  std::vector<double> values;
  for (auto const& run : runs) values.push_back(run.value);
  return values;
}

void print(figure const& f, contender const& side, std::vector<sample> const& runs, std::optional<double> share) {
  auto values = values_of(runs);
  std::printf("{\"name\":\"%s\",\"unit\":\"%s\",\"median\":%.4g", f.name.c_str(), f.unit.c_str(),
              quantile(values, 0.5));
  print_median("p99", runs, &sample::p99);
  std::printf(",\"min\":%.4g,\"max\":%.4g,\"runs\":%zu", quantile(values, 0), quantile(values, 1), runs.size());
  if (!side.against.empty()) std::printf(",\"against\":\"%s\"", side.against.c_str());
  if (share) std::printf(",\"share\":%.3g", *share);
  print_median("cpu_us", runs, &sample::cpu_us);
  print_median("sleeps", runs, &sample::sleeps);
  for (std::size_t i = 0; i < runs.front().more.size(); ++i) {
    std::vector<double> values_of_one;
    for (auto const& run : runs) values_of_one.push_back(run.more.at(i).second);
    std::printf(",\"%s\":%.4g", runs.front().more[i].first.c_str(), quantile(std::move(values_of_one), 0.5));
  }
  std::printf("}\n");
  std::fflush(stdout);
}

}  // namespace

void measure(figure const& f) {
  auto sides = f.contenders();
  std::vector<std::vector<sample>> runs(sides.size());
  for (auto& side : sides) static_cast<void>(side.run());
  for (std::size_t i = 0; i < f.repeats; ++i)
    for (std::size_t side = 0; side < sides.size(); ++side) runs[side].push_back(sides[side].run());
  for (std::size_t side = 0; side < sides.size(); ++side) {
    std::optional<double> share;
    if (f.is_share && side == 0) share = quantile(values_of(runs[0]), 0.5) / quantile(values_of(runs.at(1)), 0.5);
    print(f, sides[side], runs[side], share);
  }
}

void require(bool right, char const* what) {
  if (!right) throw std::runtime_error(std::string("wrong result: ") + what);
}

meter::meter() {
  auto usage = used();
  cpu_ = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  sleeps_ = usage.ru_nvcsw;
  begin_ = std::chrono::steady_clock::now();
}

void meter::add_costs(sample& s, std::size_t operations) const {
  auto usage = used();
  auto n = static_cast<double>(operations);
  s.cpu_us = (seconds(usage.ru_utime) + seconds(usage.ru_stime) - cpu_) / n / us;
  s.sleeps = static_cast<double>(usage.ru_nvcsw - sleeps_) / n;
}

sample meter::per(std::size_t operations, double unit_seconds) const {
  sample s;
  s.value = seconds_since(begin_) / static_cast<double>(operations) / unit_seconds;
  add_costs(s, operations);
  return s;
}

sample latencies(std::vector<double> times) {
  sample s;
  s.value = quantile(times, 0.5);
  s.p99 = quantile(times, 0.99);
  s.more = {{"p90", quantile(times, 0.9)}, {"p99.9", quantile(std::move(times), 0.999)}};
  return s;
}

sample meter::of_latencies(std::vector<double> times) const {
  auto calls = times.size();
  auto s = latencies(std::move(times));
  add_costs(s, calls);
  return s;
}

}  // namespace troupe::bench
