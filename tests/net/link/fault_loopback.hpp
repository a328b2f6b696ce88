#pragma once

#include <troupe/futures/executor.hpp>
#include <troupe/net/link/internal/acceptor.hpp>
#include <troupe/net/link/internal/connector.hpp>
#include <troupe/net/link/internal/stream.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace troupe::test {

/// What goes wrong on one wire. Deterministic: equal faults and equal steps give equal bytes at equal times.
struct faults {
  static constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

  /// The wire is cut once so many bytes have gone this way (there: from who connected) or that way.
  std::size_t cut_there = never, cut_back = never;
  /// A cut is not noticed by anybody: what goes on that way after it is swallowed.
  bool half_open = false;
  /// On the way, in virtual time.
  duration delay{};
  /// Not 0: writes are taken and reads are answered in pieces of random sizes, by this seed.
  std::uint32_t seed = 0;
  /// Bytes on the way that a direction holds at most; then writing waits.
  std::size_t capacity = std::size_t{1} << 20;
  /// It is not opened.
  bool refused = false;
  /// Because nobody listens at the other end.
  bool nobody_listens = false;
  /// The two ends are on different machines.
  bool far = false;
};

/// Two streams joined in memory, one at each end.
class fault_wire {
 public:
  class end;

  fault_wire(executor& runs, faults f);
  fault_wire(fault_wire const&) = delete;
  fault_wire& operator=(fault_wire const&) = delete;
  ~fault_wire();

  [[nodiscard]] detail::stream_ptr opener() const;
  [[nodiscard]] detail::stream_ptr accepter() const;
  /// Both ends hear that the wire is broken.
  void cut();
  /// Bytes that went this way and that way.
  [[nodiscard]] std::size_t went_there() const noexcept;
  [[nodiscard]] std::size_t went_back() const noexcept;

 private:
  friend class end;
  executor& runs_;
  faults faults_;
  std::mt19937 random_;
  std::array<detail::intrusive_ptr<end>, 2> ends_;
};

/// Opens a wire at each dial: the n-th with the n-th faults, the others without; gives its other end away.
class fault_dialer final : public detail::dialer {
 public:
  fault_dialer(executor& runs, std::vector<faults> plan, std::function<void(detail::stream_ptr)> other_end);
  ~fault_dialer() override;

  void dial(std::function<void(outcome)> done) override;
  void cancel() noexcept override;

  [[nodiscard]] std::vector<std::unique_ptr<fault_wire>> const& wires() const noexcept { return wires_; }
  /// For all dials that follow the plan.
  faults usual;

 private:
  struct answer;

  executor& runs_;
  std::vector<faults> plan_;
  std::function<void(detail::stream_ptr)> other_end_;
  std::vector<std::unique_ptr<fault_wire>> wires_;
  std::function<void(outcome)> done_;
  std::unique_ptr<answer> answer_;
  std::size_t dials_ = 0;
  bool waiting_ = false;
};

}  // namespace troupe::test
