#include "child.hpp"
#include "figures.hpp"
#include "process_costs.hpp"
#include "roles.hpp"
#include "sockets.hpp"

#include <troupe/net/link/compression.hpp>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

/// What this machine itself can do: what other figures are multiples of.

namespace troupe::bench {
namespace {

/// What a peer is asked for: `rounds` pieces of `size` bytes, one after the other, or one back for each that it gets.
struct request {
  std::uint64_t rounds = 0;
  std::uint64_t size = 0;
  std::uint64_t echo = 0;
};

bool answer(int socket, request const& asked) {
  std::vector<char> piece(asked.size, 'x');
  for (std::uint64_t i = 0; i < asked.rounds; ++i) {
    if (asked.echo != 0 && !receive_all(socket, piece.data(), piece.size())) return false;
    if (!send_all(socket, piece.data(), piece.size())) return false;
  }
  return true;
}

template <class Listener>
int serve(Listener const& listener, std::string const& address) {
  std::puts(address.c_str());
  std::fflush(stdout);
  auto client = listener.accept();
  for (request asked; receive_all(client.get(), &asked, sizeof asked) && answer(client.get(), asked);) continue;
  return 0;
}

/// A process at the other end of a socket.
class peer {
 public:
  explicit peer(std::string const& over) : process_(this_program_as({"--play-peer", over})) {
    auto address = process_.read_line();
    socket_ = over == "tcp" ? connect_tcp(static_cast<std::uint16_t>(std::stoul(address))) : connect_local(address);
  }

  sample ping_pong(std::size_t calls, std::size_t size) {
    std::vector<char> ball(size, 'o');
    std::vector<double> times;
    times.reserve(calls);
    auto costs = this->costs();
    ask({calls, size, 1});
    for (std::size_t i = 0; i < calls; ++i) {
      auto begin = std::chrono::steady_clock::now();
      require(send_all(socket_.get(), ball.data(), size) && receive_all(socket_.get(), ball.data(), size), "peer");
      times.push_back(seconds_since(begin) / us);
    }
    auto s = latencies(std::move(times));
    costs.add_costs(s, calls);
    return s;
  }

  /// GB/s.
  sample stream(std::size_t bytes, std::size_t piece) {
    std::vector<char> into(piece);
    auto costs = this->costs();
    auto begin = std::chrono::steady_clock::now();
    ask({bytes / piece, piece, 0});
    for (std::size_t i = 0; i < bytes / piece; ++i) {
      into.back() = 0;
      require(receive_all(socket_.get(), into.data(), piece) && into.back() == 'x', "peer");
    }
    sample s;
    s.value = static_cast<double>(bytes) / seconds_since(begin) * 1e-9;
    costs.add_costs(s, bytes / piece);
    return s;
  }

 private:
  void ask(request const& what) { require(send_all(socket_.get(), &what, sizeof what), "peer"); }
  [[nodiscard]] process_meter costs() const {
    return process_meter({{"this_end", ::getpid()}, {"peer", process_.pid()}});
  }

  child process_;
  descriptor socket_;
};

/// Two threads that wake each other with nothing but the system call.
sample run_futexes() {
  constexpr std::size_t calls = 20'000;
  std::atomic<std::uint32_t> turn{0};
  auto wait_for_turn = [&](std::uint32_t whose) {
    while (turn.load() != whose) ::syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, 1 - whose, nullptr, nullptr, 0);
  };
  auto give_turn = [&](std::uint32_t to) {
    turn.store(to);
    ::syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  };
  std::size_t taken = 0;
  std::thread other([&] {
    for (; taken < calls; ++taken) {
      wait_for_turn(1);
      give_turn(0);
    }
  });
  std::vector<double> times;
  times.reserve(calls);
  meter m;
  for (std::size_t i = 0; i < calls; ++i) {
    auto begin = std::chrono::steady_clock::now();
    give_turn(1);
    wait_for_turn(0);
    times.push_back(seconds_since(begin) / us);
  }
  auto s = m.of_latencies(std::move(times));
  other.join();
  require(taken == calls, "turns of two threads");
  return s;
}

/// GB/s of `step`, which takes so many bytes each time.
template <class Step>
sample rate_of(std::size_t bytes, std::size_t times, Step step) {
  meter m;
  for (std::size_t i = 0; i < times; ++i) step();
  auto s = m.per(times, 1);
  s.value = static_cast<double>(bytes) / s.value * 1e-9;
  return s;
}

sample run_memcpy() {
  constexpr std::size_t size = std::size_t{64} << 20;
  std::vector<char> from(size, 'x'), to(size, 'y');
  auto s = rate_of(size, 16, [&] {
    std::memcpy(to.data(), from.data(), size);
    // Else one copy does for all.
    asm volatile("" : : "r"(to.data()) : "memory");
  });
  require(to == from, "a copy");
  return s;
}

/// Numbers as text, as in a table with a rising column.
std::vector<std::byte> counting_text(std::size_t size) {
  std::string text;
  for (std::uint64_t i = 0; text.size() < size; ++i)
    text += std::to_string(1'000'000 + i) + "," + std::to_string(i % 7) + "\n";
  std::vector<std::byte> bytes(size);
  std::memcpy(bytes.data(), text.data(), size);
  return bytes;
}

sample run_lz4(bool back) {
  constexpr std::size_t size = 100 << 10, times = 200;
  auto const plain = counting_text(size);
  std::vector<std::byte> packed(2 * size), again(size);
  auto stored = detail::compress(detail::block_codec::lz4, plain, packed);
  std::span<std::byte const> block(packed.data(), stored);
  sample s;
  if (back)
    s = rate_of(size, times,
                [&] { require(detail::decompress(detail::block_codec::lz4, block, again), "a block of LZ4"); });
  else
    s = rate_of(size, times, [&] {
      require(detail::compress(detail::block_codec::lz4, plain, packed) == stored, "a block of LZ4");
    });
  require(detail::decompress(detail::block_codec::lz4, block, again) && again == plain, "a block of LZ4");
  s.more.emplace_back("stored_share", static_cast<double>(stored) / size);
  return s;
}

figure limit(std::string name, std::string unit, std::string what, std::function<sample()> run) {
  return {std::move(name), std::move(unit), std::move(what), 9,
          [run = std::move(run)] { return std::vector<contender>{{"this machine", run}}; }};
}

/// `run` gets a peer that serves all its runs.
template <class Run>
figure limit_between(std::string over, std::string name, std::string unit, std::string what, Run run) {
  return {
      std::move(name), std::move(unit), std::move(what), 9, [=] {
        return std::vector<contender>{{"this machine", [run, to = std::make_shared<peer>(over)] { return run(*to); }}};
      }};
}

figure ping_pong(std::string over, std::size_t size) {
  auto bytes = std::to_string(size) + (size == 1 ? " byte" : " bytes");
  return limit_between(over, "limit-" + over + "-" + std::to_string(size) + "B", "us",
                       bytes + " to another process and back, blocking, p50 and p99",
                       [=](peer& to) { return to.ping_pong(10'000, size); });
}

figure stream(std::string over, std::string size, std::size_t piece) {
  return limit_between(over, "limit-" + over + "-stream-" + size, "GB/s",
                       "a stream from another process in pieces of " + size,
                       [=](peer& to) { return to.stream(std::size_t{1} << 30, piece); });
}

}  // namespace

int play_peer(std::string over) {
  if (over == "tcp") {
    tcp_listener listener;
    return serve(listener, std::to_string(listener.port()));
  }
  local_listener listener;
  return serve(listener, listener.name());
}

std::vector<figure> limit_figures() {
  return {
      ping_pong("tcp", 1),
      ping_pong("tcp", 64),
      ping_pong("unix", 1),
      ping_pong("unix", 64),
      stream("tcp", "64KiB", 64 << 10),
      stream("tcp", "1MiB", 1 << 20),
      stream("unix", "64KiB", 64 << 10),
      stream("unix", "1MiB", 1 << 20),
      limit("limit-memcpy", "GB/s", "64 MiB copied, one thread", run_memcpy),
      limit("limit-futex", "us", "two threads that wake each other by futex, there and back, p50 and p99", run_futexes),
      limit("limit-lz4-compress", "GB/s", "100 KiB of numbers as text by LZ4", [] { return run_lz4(false); }),
      limit("limit-lz4-decompress", "GB/s", "the same back", [] { return run_lz4(true); }),
  };
}

}  // namespace troupe::bench
