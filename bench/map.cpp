#include "empty_tasks.hpp"
#include "figures.hpp"

#include <memory>

namespace troupe::bench {
namespace {

constexpr std::size_t tasks = 100'000, single_submits = 20'000;

std::vector<contender> beside_pool(std::size_t count, bool call_alone, std::function<sample(client const&)> ours) {
  auto cluster = std::make_shared<test_cluster>();
  auto pool = std::make_shared<plain_pool>();
  return {{"", [=] { return ours(cluster->client); }},
          {"pool of std::packaged_task", [=] { return run_pool(*pool, count, call_alone); }}};
}

}  // namespace

std::vector<figure> map_figures() {
  return {
      {"map-inproc", "us", "map of 100,000 empty tasks and gather, per task, one worker with two threads", 9,
       [] { return beside_pool(tasks, false, [](client const& c) { return run_map(c, tasks, false); }); }},
      {"map-inproc-call", "us", "the client call of that map alone", 9,
       [] { return beside_pool(tasks, true, [](client const& c) { return run_map(c, tasks, true); }); }},
      {"submit-inproc", "us", "20,000 single submits and gather, per task", 9,
       [] {
         return beside_pool(single_submits, false, [](client const& c) { return run_submits(c, single_submits); });
       }},
  };
}

}  // namespace troupe::bench
