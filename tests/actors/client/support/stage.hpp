#pragma once

#include "gate.hpp"
#include "linked_cluster.hpp"

#include <troupe/actors/cluster/local_cluster.hpp>
#include <troupe/actors/worker/task_context.hpp>

#include <catch2/catch.hpp>

#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <thread>

namespace troupe::test {

/// Whether clusters of tests are joined by links instead of pointers: TROUPE_TEST_LINKED is set.
inline bool stages_are_linked() { return std::getenv("TROUPE_TEST_LINKED") != nullptr; }

/// A cluster in one runtime, or one of links.
class either_cluster {
 public:
  either_cluster(runtime& in, cluster_options const& options) {
    if (stages_are_linked())
      linked_.emplace(options);
    else
      local_.emplace(in, options);
  }
  [[nodiscard]] troupe::client connect(std::string const& name = "client") {
    return linked_ ? linked_->connect(name) : local_->connect(name);
  }
  void close() { linked_ ? linked_->close() : local_->close(); }

 private:
  std::optional<local_cluster> local_;
  std::optional<linked_cluster> linked_;
};

/// A runtime, a cluster in it (or beside it), and a client.
struct stage {
  explicit stage(std::uint32_t workers = 1, std::uint32_t threads = 1)
      : stage(cluster_options{}.workers(workers).threads_per_worker(threads)) {}
  explicit stage(cluster_options options)
      : cluster(runtime, options.memory_limit(1'000'000'000)), client(cluster.connect()) {}

  troupe::runtime runtime;
  either_cluster cluster;
  troupe::client client;
};

/// Asks again and again, giving other threads their turn, until it is so.
template <class Condition>
void eventually(Condition const& condition) {
  while (!condition()) std::this_thread::yield();
}

/// Until the scheduler keeps no task and the workers no result.
inline void until_empty(client const& c) {
  eventually([&] {
    auto info = c.cluster_info().get();
    return info.tasks == 0 && info.stored_bytes == 0;
  });
}

/// Waits for the end, whatever it is. Any thread.
template <class T>
void until_done(future<T> const& f) {
  try {
    static_cast<void>(f.get());
  } catch (...) {
    if (!f.failed()) std::terminate();
  }
}

/// The exception of type E that awaiting the future throws.
template <class E, class T>
E failure_of(future<T> const& f) {
  try {
    static_cast<void>(f.get());
  } catch (E const& e) {
    return e;
  } catch (std::exception const& e) {
    FAIL("another exception: " << e.what());
  }
  FAIL("no exception");
  throw std::exception();
}

template <class T>
std::string reason_of(future<T> const& f) {
  return failure_of<cancelled_error>(f).reason();
}

}  // namespace troupe::test
