#pragma once

#include <troupe/futures/clock.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace troupe::detail {

/// How a nanny treats its worker.
struct nanny_settings {
  /// Resident bytes at which the worker is killed and started again; 0 for none.
  std::uint64_t memory_limit = 0;
  duration monitor_interval = std::chrono::milliseconds(100);

  /// Zero: it lives as long as it likes.
  duration lifetime = duration::zero();
  /// The lifetime is longer or shorter by up to this.
  duration lifetime_stagger = duration::zero();
  bool lifetime_restart = false;

  /// What it gets to close in order.
  duration close_timeout = std::chrono::seconds(30);

  /// The first restart after a steady life comes at once, the next after `backoff`, then after twice as much, up to the
  /// limit; each wait is cut by up to half, at random, so that workers do not come back all together.
  duration backoff = std::chrono::milliseconds(500);
  duration backoff_limit = std::chrono::seconds(60);
  duration steady_after = std::chrono::seconds(10);
  /// Starts in a row that may fail, with exit status 1 before it was steady, before the nanny gives up; 0: any number.
  std::uint32_t attempts = 7;

  /// Of the worker, on top of the nanny's.
  std::map<std::string, std::string> environment = {};
};

}  // namespace troupe::detail
