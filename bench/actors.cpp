#include "caf_actors.hpp"
#include "figures.hpp"

#include <troupe/actors/runtime/actor.hpp>
#include <troupe/actors/runtime/runtime.hpp>
#include <troupe/futures/promise.hpp>

#include <cstdint>
#include <memory>

namespace troupe::bench {
namespace {

struct item {
  std::uint64_t n;
};
struct more {};
struct all_seen {
  std::uint64_t sum;
};
struct begin {
  std::uint64_t count;
};

template <bool Coroutine>
class source;

/// Adds up what it gets and asks for more after each window.
template <bool Coroutine>
class sink : public actor {
 public:
  sink(actor_ref<source<Coroutine>> from, std::uint64_t count) : from_(std::move(from)), count_(count) {}

  task<void> on(item m)
    requires Coroutine
  {
    take(m);
    co_return;
  }
  void on(item m)
    requires(!Coroutine)
  {
    take(m);
  }

 private:
  void take(item m) {
    sum_ += m.n;
    if (++seen_ == count_)
      from_.send(all_seen{sum_});
    else if (seen_ % message_window == 0)
      from_.send(more{});
  }

  actor_ref<source<Coroutine>> from_;
  std::uint64_t count_;
  std::uint64_t seen_ = 0;
  std::uint64_t sum_ = 0;
};

template <bool Coroutine>
class source : public actor {
 public:
  task<std::uint64_t> on(begin m) {
    count_ = m.count;
    to_ = loop().template spawn<sink<Coroutine>>(self(this), m.count);
    send_window();
    auto sum = sum_.get_future();
    co_return co_await sum;
  }
  void on(more) { send_window(); }
  void on(all_seen m) { sum_.set_value(m.sum); }

 private:
  void send_window() {
    for (std::uint64_t i = 0; i < message_window && next_ < count_; ++i) to_.send(item{next_++});
  }

  actor_ref<sink<Coroutine>> to_;
  std::uint64_t count_ = 0;
  std::uint64_t next_ = 0;
  promise<std::uint64_t> sum_;
};

struct query {
  std::uint64_t n;
};

template <bool Coroutine>
class server : public actor {
 public:
  task<std::uint64_t> on(query m)
    requires Coroutine
  {
    co_return m.n;
  }
  std::uint64_t on(query m)
    requires(!Coroutine)
  {
    return m.n;
  }
};

template <bool Coroutine>
class asker : public actor {
 public:
  task<std::uint64_t> on(begin m) {
    auto to = loop().template spawn<server<Coroutine>>();
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < m.count; ++i) {
      auto answer = to.ask(query{i});
      sum += co_await answer;
    }
    co_return sum;
  }
};

template <template <bool> class First, bool Coroutine>
sample run_actors(std::uint64_t count) {
  runtime rt;
  auto first = rt.loop().spawn<First<Coroutine>>();
  first.started().get();
  meter m;
  auto sum = first.ask(begin{count}).get();
  auto s = m.per(count, ns);
  require(sum == count * (count - 1) / 2, "sum of what the actors saw");
  return s;
}

template <template <bool> class First, bool Coroutine>
std::vector<contender> beside_caf(std::uint64_t count, sample (*caf)(std::uint64_t, unsigned)) {
  return {{"", [count] { return run_actors<First, Coroutine>(count); }},
          {"CAF", [=] { return caf(count, 0); }},
          {"CAF, one thread", [=] { return caf(count, 1); }}};
}

}  // namespace

std::vector<figure> actor_figures() {
  constexpr std::uint64_t messages = 1'000'000, round_trips = 200'000;
  return {
      {"actor-message", "ns",
       "message from actor to actor on one loop, coroutine handler; CAF on its own scheduler beside it", 9,
       [] { return beside_caf<source, true>(messages, run_caf_messages); }},
      {"actor-message-plain", "ns", "the same with a plain handler", 9,
       [] { return beside_caf<source, false>(messages, run_caf_messages); }},
      {"actor-roundtrip", "ns",
       "an actor asks another on its loop and awaits the answer of a coroutine handler; CAF's request beside it", 9,
       [] { return beside_caf<asker, true>(round_trips, run_caf_round_trips); }},
      {"actor-roundtrip-plain", "ns", "the same with a plain handler", 9,
       [] { return beside_caf<asker, false>(round_trips, run_caf_round_trips); }},
  };
}

}  // namespace troupe::bench
