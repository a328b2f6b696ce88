#include "figures.hpp"
#include "moved_bytes.hpp"
#include "raw_stream.hpp"
#include "sample_values.hpp"
#include "tcp_cluster.hpp"

#include <troupe/futures/run_loop.hpp>
#include <troupe/futures/wait.hpp>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <thread>

namespace troupe::bench {
namespace {

constexpr std::size_t block_size = std::size_t{64} << 20, small_size = 16'000, blocks = 8, reads_alone = 500;

double const& small_sum() {
  static double const sum = check_sum(make_vector(small_size, 1));
  return sum;
}
double const& block_sum() {
  static double const sum = check_sum(make_vector(block_size, 2));
  return sum;
}

/// Reads something small once, for so many seconds.
using timed_read = std::function<double()>;
using move_block = std::function<void()>;

/// Small reads one after the other, until on a thread beside them all blocks have come; so many where none do.
sample time_reads(timed_read const& read, move_block const& move) {
  std::atomic<std::size_t> moved{move ? 0 : blocks};
  std::thread beside([&] {
    for (; moved < blocks; ++moved) move();
  });
  std::vector<double> times;
  while (moved < blocks || (!move && times.size() < reads_alone)) times.push_back(read() / us);
  beside.join();
  std::sort(times.begin(), times.end());
  auto s = latencies(times);
  s.more = {{"p90", times[times.size() * 9 / 10]}, {"longest", times.back()}, {"reads", double(times.size())}};
  return s;
}

/// A small value and a block on one worker, read again and again: each read is of a future of its own, so it is
/// fetched.
class values_on_a_worker {
 public:
  values_on_a_worker() : small_(small(cluster_.client())), block_(block(cluster_.client())) {
    until_there(small_);
    until_there(block_);
  }

  [[nodiscard]] double read_small() const {
    auto read = small(cluster_.client());
    until_there(read);
    auto begin = std::chrono::steady_clock::now();
    double sum = check_sum(read.get());
    auto seconds = seconds_since(begin);
    require(sum == small_sum(), "a small value");
    return seconds;
  }
  void read_block() const { read_block_by(cluster_.client()); }
  /// Over links of its own, as another client.
  void read_block_apart() const { read_block_by(other_); }

 private:
  template <class T>
  static void until_there(future<T> const& value) {
    std::vector all{value};
    static_cast<void>(block_on(wait(all)));
  }
  [[nodiscard]] static future<std::vector<double>> small(client const& by) {
    return by.with(task_options{}.key("small")).submit<make_vector>(small_size, 1);
  }
  [[nodiscard]] static future<buffer> block(client const& by) {
    return by.with(task_options{}.key("block")).submit<make_buffer>(block_size, 2);
  }
  static void read_block_by(client const& by) {
    double sum = 0;
    static_cast<void>(seconds_to_move(block_size, [&] { sum = check_sum(block(by).get().as<double>()); }));
    require(sum == block_sum(), "a block");
  }

  tcp_cluster cluster_{cluster_shape{1, 1}};
  client other_ = cluster_.connect_another();
  future<std::vector<double>> small_;
  future<buffer> block_;
};

/// A socket for each.
class raw_values {
 public:
  raw_values() {
    small_.make(small_size);
    block_.make(block_size);
  }
  [[nodiscard]] double read_small() {
    auto begin = std::chrono::steady_clock::now();
    std::vector<double> read(small_size / sizeof(double));
    small_.receive(std::as_writable_bytes(std::span(read)));
    auto seconds = seconds_since(begin);
    require(check_sum(read) == small_sum(), "a small value of the stream");
    return seconds;
  }
  void read_block() {
    buffer read(block_size);
    block_.receive(read.writable());
  }

 private:
  raw_stream small_, block_;
};

std::vector<contender> small_reads() {
  auto values = std::make_shared<values_on_a_worker>();
  auto raw = std::make_shared<raw_values>();
  auto read = [values] { return values->read_small(); };
  return {
      {"", [=] { return time_reads(read, [=] { values->read_block(); }); }},
      {"nothing beside", [=] { return time_reads(read, nullptr); }},
      {"blocks of another client", [=] { return time_reads(read, [=] { values->read_block_apart(); }); }},
      {"raw, a socket for each",
       [=] { return time_reads([=] { return raw->read_small(); }, [=] { raw->read_block(); }); }},
  };
}

}  // namespace

std::vector<figure> small_fetch_figures() {
  return {{"small-fetch-beside-64MiB", "us",
           "a read of 16 kB of a worker while blocks of 64 MiB come from it: p50, p90, p99 and the longest", 5,
           small_reads}};
}

}  // namespace troupe::bench
