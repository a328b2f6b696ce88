#pragma once

#include <troupe/net/codec/codec.hpp>

#include <atomic>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace troupe::test {

/// Counts what happens to values of it, on whatever thread. One that is encoded anywhere shows it.
class tally {
 public:
  explicit tally(int v) noexcept : value(v) { ++live_; }
  tally(tally const& other) noexcept : value(other.value) { ++copies_, ++live_; }
  tally(tally&& other) noexcept : value(std::exchange(other.value, -1)) { ++moves_, ++live_; }
  tally& operator=(tally const&) = delete;
  ~tally() { --live_; }

  static void reset() noexcept { copies_ = moves_ = encodings_ = 0; }
  [[nodiscard]] static int copies() noexcept { return copies_; }
  [[nodiscard]] static int moves() noexcept { return moves_; }
  [[nodiscard]] static int live() noexcept { return live_; }
  [[nodiscard]] static int encodings() noexcept { return encodings_; }

  int value;

  friend void encode(troupe::encoder& out, tally const& t) {
    ++encodings_;
    out.write_int(t.value);
  }
  friend tally decode(troupe::decoder& in, std::type_identity<tally>) { return tally(static_cast<int>(in.read_int())); }
  friend std::size_t nbytes(tally const&) { return 1000; }

 private:
  static inline std::atomic<int> copies_{0}, moves_{0}, live_{0}, encodings_{0};
};

}  // namespace troupe::test
