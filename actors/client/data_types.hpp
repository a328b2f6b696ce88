#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace troupe {

/// Workers by name; none: all. Made by on_workers.
class worker_list {
 public:
  worker_list() = default;
  explicit worker_list(std::vector<std::string> names) : names_(std::move(names)) {}

  [[nodiscard]] std::vector<std::string> const& names() const& noexcept { return names_; }
  [[nodiscard]] std::vector<std::string> names() && noexcept { return std::move(names_); }

 private:
  std::vector<std::string> names_;
};

/// `client.scatter(data, on_workers("worker-1", "worker-2"))`
template <class... Name>
  requires(sizeof...(Name) > 0 && (std::is_convertible_v<Name, std::string> && ...))
[[nodiscard]] worker_list on_workers(Name&&... names) {
  return worker_list({std::string(std::forward<Name>(names))...});
}
[[nodiscard]] inline worker_list on_workers(std::vector<std::string> names) { return worker_list(std::move(names)); }

/// See client::scatter.
struct broadcast_t {};
inline constexpr broadcast_t broadcast{};

/// See client::retire_workers.
struct forced_t {};
inline constexpr forced_t forced{};

/// Where scattered data goes: to a worker of those named, or to each of them.
class data_target {
 public:
  data_target() = default;
  data_target(broadcast_t) noexcept : everywhere_(true) {}
  data_target(worker_list which) : workers_(std::move(which)) {}
  data_target(worker_list which, broadcast_t) : workers_(std::move(which)), everywhere_(true) {}

  [[nodiscard]] std::vector<std::string> const& workers() const noexcept { return workers_.names(); }
  [[nodiscard]] bool everywhere() const noexcept { return everywhere_; }

 private:
  worker_list workers_;
  bool everywhere_ = false;
};

/// Where a result lies: on nobody while it is not in memory.
struct data_holders {
  std::uint64_t nbytes = 0;
  /// By name, in order.
  std::vector<std::string> workers;
};

/// A result on a worker.
struct held_data {
  std::string key;
  std::uint64_t nbytes = 0;
};

}  // namespace troupe
