#pragma once

#include <troupe/actors/worker/internal/value_source.hpp>

namespace troupe::detail {

/// A worker as its scheduler sees it: in this process, or a stand-in for one in another.
class worker_actor : public value_source {
 public:
  using value_source::on;
  virtual void on(worker_welcome message) = 0;
  virtual void on(compute_batch&& batch) = 0;
  virtual void on(stop_batch&& batch) = 0;
  virtual void on(free_batch&& batch) = 0;
  virtual void on(dismiss const& message) = 0;
  [[nodiscard]] virtual task<upload_state> on(give_upload&& given) = 0;
  [[nodiscard]] virtual task<plugin_taken> on(give_plugin&& given) = 0;
  [[nodiscard]] task<std::vector<value_ptr>> on(get_values const& request) override = 0;
  [[nodiscard]] virtual task<void> on(finish_up) = 0;
};

}  // namespace troupe::detail
