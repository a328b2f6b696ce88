#include <troupe/actors/runtime/runtime.hpp>
#include <troupe/actors/runtime/simulated_loop.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace troupe;
using namespace std::chrono_literals;

struct watch {
  actor_handle who;
};
struct unwatch {
  actor_handle who;
};
struct tie {
  actor_handle who;
};
struct untie {
  actor_handle who;
};
struct trap {};
struct crash {};
struct leave {};
struct news {};

class citizen : public actor {
 public:
  void on(watch m) { monitor(m.who); }
  void on(unwatch m) { demonitor(m.who); }
  void on(tie m) { link(m.who); }
  void on(untie m) { unlink(m.who); }
  void on(trap) { trap_exit(true); }
  void on(crash) { throw std::runtime_error("crashed"); }
  void on(leave) { quit(); }
  std::vector<std::string> on(news) { return heard_; }
  void on(down_msg m) { heard_.push_back("down " + m.reason.text()); }
  void on(exit_msg m) { heard_.push_back((m.source == actor_id{} ? "asked " : "exit ") + m.reason.text()); }

 private:
  std::vector<std::string> heard_;
};

struct town {
  simulated_loop loop;
  actor_ref<citizen> a = loop.spawn<citizen>(), b = loop.spawn<citizen>();

  template <class M>
  void tell(actor_ref<citizen> const& who, M m) {
    who.send(m);
    loop.run();
  }
  std::vector<std::string> heard(actor_ref<citizen> const& who) {
    auto f = who.ask(news{});
    loop.run();
    return f.get();
  }
  using strings = std::vector<std::string>;
};

TEST_CASE_METHOD(town, "a monitor hears once how an actor ended, and goes on") {
  tell(a, watch{b});
  tell(b, crash{});
  CHECK(heard(a) == strings{"down crashed"});
}

TEST_CASE_METHOD(town, "two monitors on one actor hear twice") {
  tell(a, watch{b});
  tell(a, watch{b});
  tell(b, leave{});
  CHECK(heard(a) == strings{"down normal", "down normal"});
}

TEST_CASE_METHOD(town, "a monitor on an actor that has ended hears at once") {
  tell(b, leave{});
  tell(a, watch{b});
  CHECK(heard(a) == strings{"down normal"});
}

TEST_CASE_METHOD(town, "after demonitor nothing is heard") {
  tell(a, watch{b});
  tell(a, unwatch{b});
  tell(b, crash{});
  CHECK(heard(a).empty());
}

TEST_CASE_METHOD(town, "a linked actor ends with the other when that fails, in both directions") {
  tell(a, tie{b});
  bool first = GENERATE(true, false);
  auto end = (first ? b : a).ended();
  tell(first ? a : b, crash{});
  CHECK(end.get().text() == "crashed");
  CHECK(loop.live_actors() == 0);
}

TEST_CASE_METHOD(town, "a linked actor survives a normal end of the other") {
  tell(a, tie{b});
  tell(b, leave{});
  CHECK(loop.live_actors() == 1);
}

TEST_CASE_METHOD(town, "an unlinked actor survives the failure of the other") {
  tell(a, tie{b});
  tell(a, untie{b});
  tell(b, crash{});
  CHECK(loop.live_actors() == 1);
}

TEST_CASE_METHOD(town, "an actor that traps exits hears of them and of stop requests, and lives on") {
  tell(a, trap{});
  tell(a, tie{b});
  tell(b, crash{});
  a.stop();
  CHECK(heard(a) == strings{"exit crashed", "asked shutdown"});
  a.kill();
  loop.run();
  CHECK(loop.live_actors() == 0);
}

TEST_CASE_METHOD(town, "linking to an actor that failed is its failure") {
  tell(b, crash{});
  tell(a, tie{b});
  CHECK(loop.live_actors() == 0);
}

TEST_CASE_METHOD(town, "an actor may link and monitor itself") {
  tell(a, tie{a});
  tell(a, watch{a});
  tell(a, crash{});
  CHECK(loop.live_actors() == 1);
}

TEST_CASE("links and monitors work between loops") {
  runtime rt(runtime_options().loops(2));
  auto a = rt.loop(0).spawn<citizen>(), b = rt.loop(1).spawn<citizen>(), c = rt.loop(1).spawn<citizen>();
  a.send(trap{});
  a.send(watch{b});
  a.send(tie{c});
  auto c_ended = c.ended();
  a.ask(news{}).get();
  b.send(crash{});
  c.send(crash{});
  c_ended.get();
  while (a.ask(news{}).get().size() < 2) std::this_thread::yield();
  auto heard = a.ask(news{}).get();
  std::sort(heard.begin(), heard.end());
  CHECK(heard == std::vector<std::string>{"down crashed", "exit crashed"});
  a.kill();
}

}  // namespace
