#include "figures.hpp"
#include "moved_bytes.hpp"
#include "raw_stream.hpp"
#include "sample_values.hpp"
#include "tcp_cluster.hpp"

#include <troupe/futures/run_loop.hpp>
#include <troupe/futures/wait.hpp>

#include <algorithm>
#include <memory>

namespace troupe::bench {

struct two_sums {
  double first = 0;
  double second = 0;
};
two_sums see_buffers(buffer const& a, buffer const& b) {
  return {check_sum(a.as<double>()), check_sum(b.as<double>())};
}
two_sums see_vectors(std::vector<double> const& a, std::vector<double> const& b) {
  return {check_sum(a), check_sum(b)};
}

namespace {

constexpr std::size_t size = std::size_t{64} << 20, doubles = size / sizeof(double), fetches = 8;

sample median_rate(std::vector<double> seconds) {
  auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
  std::nth_element(seconds.begin(), middle, seconds.end());
  sample s;
  s.value = size / *middle * 1e-9;
  return s;
}

/// Two values are made, one on each worker as both are idle; a task that needs both has to fetch one of them.
template <auto Make, auto See>
sample run_fetches(tcp_cluster const& cluster, two_sums expected) {
  auto const& c = cluster.client();
  std::vector<double> seconds;
  auto costs = cluster.costs();
  costs.pause();
  for (std::size_t i = 0; i < fetches; ++i) {
    auto made = std::vector{c.submit<Make>(size, 1), c.submit<Make>(size, 2)};
    static_cast<void>(block_on(wait(made)));
    two_sums seen;
    costs.resume();
    seconds.push_back(seconds_to_move(size, [&] { seen = c.submit<See>(made[0], made[1]).get(); }));
    costs.pause();
    require(seen.first == expected.first && seen.second == expected.second, "values that were fetched");
    made.clear();
    cluster.settle();
  }
  auto s = median_rate(std::move(seconds));
  costs.add_costs(s, fetches);
  return s;
}

std::span<std::byte> bytes_of(buffer& b) { return b.writable(); }
std::span<std::byte> bytes_of(std::vector<double>& v) { return std::as_writable_bytes(std::span(v)); }
std::span<double const> doubles_of(buffer const& b) { return b.as<double>(); }
std::span<double const> doubles_of(std::vector<double> const& v) { return v; }

template <class Prepare>
sample run_raw(raw_stream& source, Prepare prepare, two_sums expected) {
  std::vector<double> seconds;
  auto costs = source.costs();
  costs.pause();
  for (std::size_t i = 0; i < fetches; ++i) {
    source.make(size);
    costs.resume();
    auto begin = std::chrono::steady_clock::now();
    auto memory = prepare();
    source.receive(bytes_of(memory));
    seconds.push_back(seconds_since(begin));
    costs.pause();
    require(check_sum(doubles_of(memory)) == expected.first, "values of the stream");
  }
  auto s = median_rate(std::move(seconds));
  costs.add_costs(s, fetches);
  return s;
}

template <auto Make, auto See, class Prepare>
std::vector<contender> beside_raw_stream(char const* limit, Prepare prepare) {
  two_sums expected{check_sum(make_vector(size, 1)), check_sum(make_vector(size, 2))};
  return {on_tcp_cluster([=](tcp_cluster const& cluster) { return run_fetches<Make, See>(cluster, expected); }),
          {limit, [=, source = std::make_shared<raw_stream>()] { return run_raw(*source, prepare, expected); }}};
}

}  // namespace

std::vector<figure> fetch_figures() {
  return {
      {"fetch-64MiB", "GB/s",
       "a task that needs 64 MiB of the other worker, as buffer: size by the time from submit to result", 9,
       [] {
         return beside_raw_stream<&make_buffer, &see_buffers>("raw stream into a new buffer",
                                                              [] { return buffer(size); });
       },
       true},
      {"fetch-64MiB-vector", "GB/s", "the same as std::vector<double>", 9,
       [] {
         return beside_raw_stream<&make_vector, &see_vectors>("raw stream into a new vector",
                                                              [] { return std::vector<double>(doubles); });
       },
       true},
  };
}

}  // namespace troupe::bench
