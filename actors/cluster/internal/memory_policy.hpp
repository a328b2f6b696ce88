#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace troupe::detail {

/// What the workers of one process are to do about the memory that the process takes. A state machine without clock: it
/// is asked again and again, at equal intervals.
///
/// - Of what the workers may take together, more than `spill`: they move values to files until it is `target`, each in
///   proportion to what it holds in memory.
/// - More than `pause`: none begins anything new. What takes memory may then be what the tasks that wait would use up,
///   and cannot be moved. So, where asked for, one worker begins something after all once `patience` looks in a row
///   have found that none runs or moves anything: one after the other, until something runs.
class memory_policy {
 public:
  /// Shares of what may be taken; 0: never.
  struct thresholds {
    double target = 0.6;
    double spill = 0.7;
    double pause = 0.8;
  };
  struct worker {
    /// Bytes of results in memory.
    std::uint64_t managed = 0;
    /// Tasks that have begun, without those that wait for others.
    std::size_t running = 0;
    /// It moves values to files.
    bool spilling = false;
  };
  struct order {
    /// Bytes of results to be moved; 0: none.
    std::uint64_t spill = 0;
    bool pause = false;

    friend bool operator==(order const&, order const&) = default;
  };
  static constexpr std::size_t patience = 5;

  /// `someone_goes_on`: as above.
  memory_policy(thresholds at, bool someone_goes_on) noexcept : at_(at), someone_goes_on_(someone_goes_on) {}

  /// `taken` of `allowed` bytes. One order for each worker.
  [[nodiscard]] std::vector<order> look(std::uint64_t taken, std::uint64_t allowed, std::span<worker const> workers);
  /// Whether the last look found that nothing should begin.
  [[nodiscard]] bool is_short() const noexcept { return short_; }

 private:
  thresholds at_;
  bool someone_goes_on_;
  bool short_ = false;
  std::size_t idle_looks_ = 0;
  /// Who may begin, once that many are idle.
  std::size_t turn_ = 0;
};

}  // namespace troupe::detail
