#include "child.hpp"
#include "figures.hpp"

#include <troupe/actors/client/client.hpp>
#include <troupe/actors/cluster/local_cluster.hpp>

namespace troupe::bench {

int answer_of(int question) { return question + 1; }

namespace {

sample start_cluster() {
  meter m;
  runtime loops;
  local_cluster members(loops, cluster_options{}.workers(2).threads_per_worker(1).processes());
  int answer = members.connect().submit<answer_of>(1).get();
  auto s = m.per(1, ms);
  require(answer == 2, "the first result");
  return s;
}

sample start_nobody() {
  meter m;
  child first(this_program_as({"--play-nobody"}));
  child second(this_program_as({"--play-nobody"}));
  require(first.wait() == 0 && second.wait() == 0, "processes that end at once");
  return m.per(1, ms);
}

}  // namespace

std::vector<figure> start_figures() {
  return {{"start-2-processes", "ms", "local_cluster with two worker processes to its first result", 15, [] {
             return std::vector<contender>{{"", start_cluster},
                                           {"two processes of this program that end at once", start_nobody}};
           }}};
}

}  // namespace troupe::bench
