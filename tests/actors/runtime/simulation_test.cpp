#include <troupe/actors/runtime/simulated_loop.hpp>
#include <troupe/futures/promise.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace troupe;
using namespace std::chrono_literals;

struct say {
  int turns;
};
struct nap {
  duration time;
};

using record = std::shared_ptr<std::string>;

class talker : public actor {
 public:
  talker(record all, char name) : all_(std::move(all)), name_(name) {}
  void on(say m) {
    *all_ += name_;
    if (m.turns > 1) self(this).send(say{m.turns - 1});
  }
  task<void> on(nap m) {
    auto p = std::make_shared<promise<void>>();
    send_after(m.time, this, p);
    auto f = p->get_future();
    co_await f;
    *all_ += name_;
  }
  void on(std::shared_ptr<promise<void>> p) { p->set_value(); }

 private:
  record all_;
  char name_;
};

struct outcome {
  std::string text;
  std::uint64_t fingerprint;
  friend bool operator==(outcome const&, outcome const&) = default;
  friend auto operator<=>(outcome const&, outcome const&) = default;
};

outcome conversation(std::uint64_t seed) {
  auto all = std::make_shared<std::string>();
  simulated_loop loop(seed);
  for (char name : {'a', 'b', 'c'}) loop.spawn<talker>(all, name).send(say{4});
  loop.run();
  return {*all, loop.fingerprint()};
}

TEST_CASE("the same seed gives the same order, different seeds different orders") {
  std::set<outcome> all;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    auto once = conversation(seed);
    CHECK(conversation(seed) == once);
    CHECK(once.text.size() == 12);
    all.insert(once);
  }
  CHECK(all.size() > 25);
}

TEST_CASE("time moves only when told, and timers run at their time in order") {
  auto all = std::make_shared<std::string>();
  simulated_loop loop;
  auto a = loop.spawn<talker>(all, 'a'), b = loop.spawn<talker>(all, 'b');
  a.send(nap{20ms});
  b.send(nap{10ms});
  a.send(nap{10h});
  loop.run();
  CHECK(all->empty());
  auto begin = loop.now();
  loop.advance(15ms);
  CHECK(*all == "b");
  CHECK(loop.now() - begin == 15ms);
  CHECK(loop.advance_to_next_timer());
  CHECK(*all == "ba");
  CHECK(loop.now() - begin == 20ms);
  CHECK(loop.advance_to_next_timer());
  CHECK(loop.now() - begin == 10h);
  CHECK_FALSE(loop.advance_to_next_timer());
}

TEST_CASE("closing says which actors wait for what never comes") {
  class stubborn : public actor {
   public:
    void on(say) { trap_exit(true); }
    void on(exit_msg) {}
  };
  simulated_loop loop;
  auto ref = loop.spawn<stubborn>();
  ref.send(say{1});
  loop.run();
  CHECK_THROWS_WITH(loop.close(), Catch::Contains("stubborn"));
  ref.kill();
  loop.close();
  CHECK(loop.live_actors() == 0);
}

TEST_CASE("a conversation can be torn down after each of its steps") {
  for (int steps = 0;; ++steps) {
    auto all = std::make_shared<std::string>();
    simulated_loop loop(static_cast<std::uint64_t>(steps));
    auto a = loop.spawn<talker>(all, 'a'), b = loop.spawn<talker>(all, 'b');
    auto naps = a.ask(nap{5ms});
    b.send(nap{7ms});
    b.send(say{2});
    int done = 0;
    while (done < steps && (loop.step() || loop.advance_to_next_timer())) ++done;
    loop.close();
    CHECK(naps.done());
    CHECK(loop.live_actors() == 0);
    CHECK(loop.live_handlers() == 0);
    if (done < steps) break;
  }
}

TEST_CASE("other threads may send to a simulated loop") {
  auto all = std::make_shared<std::string>();
  simulated_loop loop;
  auto a = loop.spawn<talker>(all, 'a');
  std::thread other([a] { a.send(say{3}); });
  other.join();
  loop.run();
  CHECK(*all == "aaa");
}

}  // namespace
