#pragma once

#include "child.hpp"
#include "measure.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace troupe::bench {

/// The floor under everything that sends tasks: client, scheduler and two workers as processes, joined by loopback
/// TCP, that do nothing but move records of 16 bytes the way tasks travel (submit, assign, run, done, completion): no
/// keys, dependencies, failures or types.
class pipeline_floor {
 public:
  /// `window`: records at a worker; `batch`: records to a write of the client.
  pipeline_floor(std::size_t window, std::size_t batch);
  ~pipeline_floor();
  pipeline_floor(pipeline_floor const&) = delete;
  pipeline_floor& operator=(pipeline_floor const&) = delete;

  /// µs per task.
  [[nodiscard]] sample run(std::uint32_t tasks);

 private:
  struct client_end;
  std::size_t batch_;
  child scheduler_;
  std::unique_ptr<client_end> client_;
  std::unique_ptr<child> workers_[2];
};

}  // namespace troupe::bench
