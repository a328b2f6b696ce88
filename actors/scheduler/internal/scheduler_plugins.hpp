#pragma once

#include <troupe/actors/scheduler/scheduler_plugin.hpp>
#include <troupe/futures/executor.hpp>
#include <troupe/futures/future.hpp>
#include <troupe/futures/intrusive_ptr.hpp>
#include <troupe/futures/promise.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace troupe::detail {

/// A plugin, and what it is still to be told. Any thread; the plugin's code runs in one step at a time.
class told_plugin final : public ref_counted, private work {
 public:
  /// `run` runs a step on a thread that may block, and outlives it.
  told_plugin(std::string name, std::shared_ptr<scheduler_plugin> plugin, std::function<void(work&)> run);

  void tell(std::vector<cluster_event> const& events);
  /// Tells it nothing more but how much that leaves out, and tears it down; done then. Once.
  [[nodiscard]] future<void> end();

 private:
  /// Of events that wait; beyond it the oldest are dropped.
  static constexpr std::size_t most_waiting = std::size_t{1} << 16;

  static void step(work& self) noexcept;
  void begin_step(std::unique_lock<std::mutex> lock);
  /// Logs what it throws.
  void guarded(char const* doing, std::function<void()> const& what) const noexcept;

  std::string const name_;
  std::shared_ptr<scheduler_plugin> const plugin_;
  std::function<void(work&)> const run_;
  promise<void> ended_;
  std::mutex mutex_;  // guards what follows
  std::deque<cluster_event> waiting_;
  std::uint64_t dropped_ = 0;
  bool running_ = false;
  bool ending_ = false;
};

/// The plugins of a scheduler, by name. Any thread.
class scheduler_plugins {
 public:
  explicit scheduler_plugins(std::function<void(work&)> run) : run_(std::move(run)) {}

  /// It is set up. Nobody has its name.
  void put(std::string const& name, std::shared_ptr<scheduler_plugin> plugin);
  /// Done when it is torn down; at once where there is none.
  [[nodiscard]] future<void> remove(std::string const& name);
  void tell(std::vector<cluster_event> const& events);
  [[nodiscard]] bool empty() const;
  [[nodiscard]] bool has(std::string const& name) const;
  /// Tears all down. None is told anything after that.
  [[nodiscard]] std::vector<future<void>> close();

 private:
  std::function<void(work&)> const run_;
  mutable std::mutex mutex_;
  std::map<std::string, intrusive_ptr<told_plugin>> plugins_;
  bool closed_ = false;
};

}  // namespace troupe::detail
