#include "allocation_count.hpp"
#include "empty_tasks.hpp"
#include "figures.hpp"

#include <memory>

namespace troupe::bench {
namespace {

constexpr std::size_t tasks = 100'000, single_submits = 10'000;

/// Whatever the clients released before is released everywhere when these have come back.
void settle(client const& c) { run_one_by_one(c, 4); }

std::vector<contender> count_beside_pool(std::size_t count, std::function<void(client const&)> ours) {
  auto cluster = std::make_shared<test_cluster>();
  auto pool = std::make_shared<plain_pool>();
  return {{"",
           [=] {
             auto const& c = cluster->client;
             settle(c);
             allocation_count counted;
             ours(c);
             settle(c);
             return sample{static_cast<double>(counted.so_far()) / static_cast<double>(count), {}, {}, {}};
           }},
          {"pool of std::packaged_task", [=] {
             allocation_count counted;
             static_cast<void>(run_pool(*pool, count, false));
             return sample{static_cast<double>(counted.so_far()) / static_cast<double>(count), {}, {}, {}};
           }}};
}

}  // namespace

std::vector<figure> allocation_figures() {
  return {
      {"allocations", "calls of new",
       "per empty task of a map of 100,000, all threads, from submit to the release everywhere", 5,
       [] { return count_beside_pool(tasks, [](client const& c) { static_cast<void>(run_map(c, tasks, false)); }); }},
      {"allocations-submit", "calls of new", "per empty task submitted and awaited one by one", 5,
       [] { return count_beside_pool(single_submits, [](client const& c) { run_one_by_one(c, single_submits); }); }},
  };
}

}  // namespace troupe::bench
