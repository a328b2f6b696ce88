#pragma once

#include <troupe/actors/client/client.hpp>
#include <troupe/actors/cluster/local_cluster.hpp>

namespace troupe::bench {

/// The cluster of the figures: one worker with two threads, as run() makes it on a machine with two cores.
struct test_cluster {
  runtime loops;
  local_cluster members{loops, cluster_options{}.workers(1).threads_per_worker(2)};
  troupe::client client = members.connect();
};

}  // namespace troupe::bench
