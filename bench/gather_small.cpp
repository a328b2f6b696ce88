#include "figures.hpp"
#include "moved_bytes.hpp"
#include "raw_stream.hpp"
#include "sample_values.hpp"
#include "tcp_cluster.hpp"

#include <troupe/futures/gather.hpp>
#include <troupe/futures/run_loop.hpp>
#include <troupe/futures/wait.hpp>

#include <memory>
#include <numeric>

namespace troupe::bench {
namespace {

constexpr std::size_t objects = 10'000, kept_size = (std::size_t{8} << 10) + sizeof(double),
                      sent_size = std::size_t{8} << 10;

using object = std::vector<double>;

void require_objects(std::vector<object> const& gathered, std::size_t bytes) {
  require(gathered.size() == objects, "number of objects");
  for (std::size_t i = 0; i < objects; i += 100)
    require(gathered[i] == make_vector(bytes, i), "an object that was gathered");
}

/// `give` gives the futures of the objects.
template <class Give>
sample time_gather(tcp_cluster const& cluster, std::size_t bytes, Give give) {
  auto costs = cluster.costs();
  std::vector<object> gathered;
  auto seconds = seconds_to_move(objects * bytes, [&] { gathered = block_on(gather(give())); });
  sample s;
  s.value = seconds / objects / us;
  costs.add_costs(s, objects);
  require_objects(gathered, bytes);
  cluster.settle();
  return s;
}

/// Objects just too large to travel with the news that they are there, so that they lie on the workers until they are
/// gathered.
sample run_gather(tcp_cluster const& cluster, std::vector<std::uint64_t> const& seeds) {
  auto made = cluster.client().map<make_vector>(kept_size, seeds);
  static_cast<void>(block_on(wait(made)));
  return time_gather(cluster, kept_size, [&] { return std::move(made); });
}

/// Objects that travel with the news: from the map call until all are here.
sample run_map(tcp_cluster const& cluster, std::vector<std::uint64_t> const& seeds) {
  return time_gather(cluster, sent_size, [&] { return cluster.client().map<make_vector>(sent_size, seeds); });
}

sample run_raw(raw_stream& source) {
  constexpr auto bytes = objects * sent_size;
  static auto const expected = check_sum(make_vector(bytes, 1));
  source.make(bytes);
  auto costs = source.costs();
  auto begin = std::chrono::steady_clock::now();
  std::vector<double> memory(bytes / sizeof(double));
  source.receive(std::as_writable_bytes(std::span(memory)));
  sample s;
  s.value = seconds_since(begin) / objects / us;
  costs.add_costs(s, objects);
  require(check_sum(memory) == expected, "values of the stream");
  return s;
}

std::vector<contender> beside_raw_stream(sample (*ours)(tcp_cluster const&, std::vector<std::uint64_t> const&)) {
  std::vector<std::uint64_t> seeds(objects);
  std::iota(seeds.begin(), seeds.end(), 0);
  return {on_tcp_cluster([=](tcp_cluster const& cluster) { return ours(cluster, seeds); }),
          {"raw stream, 8 KiB of it", [source = std::make_shared<raw_stream>()] { return run_raw(*source); }}};
}

}  // namespace

std::vector<figure> gather_figures() {
  return {
      {"gather-10000x8KiB", "us", "10,000 vectors of 8 KiB that lie on two workers to the client, per object", 9,
       [] { return beside_raw_stream(run_gather); }},
      {"map-10000x8KiB", "us", "the same from the map call that makes them: they travel with the news", 9,
       [] { return beside_raw_stream(run_map); }},
  };
}

}  // namespace troupe::bench
