#include <troupe/actors/runtime/runtime.hpp>
#include <troupe/futures/errors.hpp>

#include <catch2/catch.hpp>

#include <cstddef>
#include <numeric>
#include <string>
#include <vector>

/// The first messages that come to an actor with nothing to do are kept at hand, further ones in its mailbox.
namespace {

using namespace troupe;

struct numbered {
  std::size_t number;
};
struct leave {};
struct get_seen {};

class recorder : public actor {
 public:
  void on(numbered m) { seen_.push_back(m.number); }
  std::vector<std::size_t> on(get_seen) { return seen_; }
  void on(leave) { quit(); }

 private:
  std::vector<std::size_t> seen_;
};

struct send_many {
  std::size_t count;
};
struct ask_around_leave {};
struct ask_and_cancel {};
using answer = future<std::vector<std::size_t>>;

/// Sends within one handler, so that the receiver has no turn meanwhile.
class sender : public actor {
 public:
  explicit sender(actor_ref<recorder> to) : to_(std::move(to)) {}

  void on(send_many m) {
    for (std::size_t i = 0; i < m.count; ++i) to_.send(numbered{i});
  }
  std::vector<answer> on(ask_around_leave) {
    std::vector<answer> asked{to_.ask(get_seen{})};
    to_.send(leave{});
    for (int i = 0; i < 8; ++i) asked.push_back(to_.ask(get_seen{}));
    return asked;
  }
  answer on(ask_and_cancel) {
    to_.send(numbered{1});
    auto asked = to_.ask(get_seen{});
    asked.cancel();
    to_.send(numbered{2});
    return asked;
  }

 private:
  actor_ref<recorder> to_;
};

struct begin {
  std::size_t children;
};
struct child {
  std::size_t number;
  std::size_t children;
};

/// Sends itself children, each of which sends as many again.
class breeder : public actor {
 public:
  void on(begin m) { breed(m.children, m.children); }
  void on(child m) {
    seen_.push_back(m.number);
    breed(m.children, 0);
  }
  std::vector<std::size_t> on(get_seen) { return seen_; }

 private:
  void breed(std::size_t count, std::size_t children) {
    for (std::size_t i = 0; i < count; ++i) self(this).send(child{next_++, children});
  }

  std::size_t next_ = 0;
  std::vector<std::size_t> seen_;
};

std::vector<std::size_t> first_numbers(std::size_t count) {
  std::vector<std::size_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

TEST_CASE("messages are handled in their order, whether they are kept at hand or in the mailbox") {
  auto count = GENERATE(range<std::size_t>(1, 12));
  runtime rt;
  auto receiver = rt.loop().spawn<recorder>();
  rt.loop().spawn<sender>(receiver).ask(send_many{count}).get();
  CHECK(receiver.ask(get_seen{}).get() == first_numbers(count));
}

TEST_CASE("what an actor sends itself while it handles what is at hand comes after that, in order") {
  runtime rt;
  auto ref = rt.loop().spawn<breeder>();
  ref.started().get();
  std::size_t sent = 0;
  for (std::size_t children = 1; children < 12; ++children) {
    // From an actor at rest.
    ref.send(begin{children});
    sent += children + children * children;
    std::vector<std::size_t> seen;
    while (seen.size() < sent) seen = ref.ask(get_seen{}).get();
    CHECK(seen == first_numbers(sent));
  }
}

TEST_CASE("what is at hand when the actor ends is answered as what lies in its mailbox") {
  runtime rt;
  auto receiver = rt.loop().spawn<recorder>();
  receiver.started().get();
  auto asked = rt.loop().spawn<sender>(receiver).ask(ask_around_leave{}).get();
  CHECK(asked.front().get().empty());
  for (std::size_t i = 1; i < asked.size(); ++i) CHECK_THROWS_AS(asked[i].get(), actor_gone);
  CHECK(receiver.ended().get().what() == exit_reason::kind::normal);
}

TEST_CASE("an ask that is cancelled while it is at hand is not handled, and what surrounds it is") {
  runtime rt;
  auto receiver = rt.loop().spawn<recorder>();
  auto asked = rt.loop().spawn<sender>(receiver).ask(ask_and_cancel{}).get();
  CHECK_THROWS_AS(asked.get(), cancelled_error);
  CHECK(receiver.ask(get_seen{}).get() == std::vector<std::size_t>{1, 2});
}

}  // namespace
