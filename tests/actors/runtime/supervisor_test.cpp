#include <troupe/actors/runtime/simulated_loop.hpp>
#include <troupe/actors/runtime/supervisor.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace troupe;
using namespace std::chrono_literals;

struct crash {};
struct finish {};
struct hang {};

// What happened to the children, as "+a" for started and "-a" for ended.
struct diary {
  std::string text;
  std::map<std::string, int> starts;
  // Starts of this child that fail, counted from the first.
  std::map<std::string, std::vector<int>> broken_starts;
};
using shared_diary = std::shared_ptr<diary>;

class worker : public actor {
 public:
  worker(shared_diary book, std::string id) : book_(std::move(book)), id_(std::move(id)) {
    int start = ++book_->starts[id_];
    auto const& broken = book_->broken_starts[id_];
    if (std::find(broken.begin(), broken.end(), start) != broken.end()) throw std::runtime_error("broken start");
    book_->text += "+" + id_;
  }
  ~worker() override { book_->text += "-" + id_; }

  void on(crash) { throw std::runtime_error("crash of " + id_); }
  void on(finish) { quit(); }
  void on(hang) { trap_exit(true); }
  void on(exit_msg) {}

 private:
  shared_diary book_;
  std::string id_;
};

class theatre {
 public:
  explicit theatre(supervisor_options options, std::vector<child_spec> specs)
      : boss(loop.spawn<supervisor>(options, std::move(specs))) {
    loop.run();
  }
  std::vector<child_info> children() {
    auto all = boss.ask(list_children{});
    loop.run();
    return all.get();
  }
  actor_handle child(std::string const& id) {
    for (auto& c : children())
      if (c.id == id) return c.handle;
    return {};
  }
  template <class M>
  void send(std::string const& id, M m) {
    detail::handle_access::typed<worker>(detail::handle_access::core(child(id))).send(m);
    loop.run();
  }
  std::string take() {
    std::string text;
    text.swap(book->text);
    return text;
  }

  static inline shared_diary book;
  simulated_loop loop;
  actor_ref<supervisor> boss;
};

child_spec spec(std::string id, restart when = restart::permanent) {
  return child_spec::of<worker>(id, theatre::book, id).restarts(when);
}
std::vector<child_spec> abc() { return {spec("a"), spec("b"), spec("c")}; }
supervisor_options often(restart_strategy s) { return supervisor_options().strategy(s).intensity(100, 1s); }

struct fresh_diary {
  fresh_diary() { theatre::book = std::make_shared<diary>(); }
};

TEST_CASE_METHOD(fresh_diary, "children start in order and stop in reverse order") {
  theatre t({}, abc());
  CHECK(t.take() == "+a+b+c");
  t.boss.stop();
  t.loop.run();
  CHECK(t.take() == "-c-b-a");
  CHECK(t.loop.live_actors() == 0);
}

TEST_CASE_METHOD(fresh_diary, "closing the runtime stops a tree in reverse order") {
  theatre t({}, abc());
  t.take();
  t.loop.close();
  CHECK(t.take() == "-c-b-a");
}

TEST_CASE_METHOD(fresh_diary, "the strategy says who is restarted with a child that failed") {
  struct row {
    restart_strategy strategy;
    std::string happens;
  };
  auto r = GENERATE(row{restart_strategy::one_for_one, "-b+b"}, row{restart_strategy::one_for_all, "-b-c-a+a+b+c"},
                    row{restart_strategy::rest_for_one, "-b-c+b+c"});
  theatre t(often(r.strategy), abc());
  t.take();
  t.send("b", crash{});
  CHECK(t.take() == r.happens);
  CHECK(t.loop.live_actors() == 4);
}

TEST_CASE_METHOD(fresh_diary, "the child specification says after which ends a child is restarted") {
  struct row {
    restart when;
    int after_finish, after_crash, after_kill, after_stop;
  };
  auto r = GENERATE(row{restart::permanent, 2, 2, 2, 2}, row{restart::transient, 1, 2, 2, 1},
                    row{restart::temporary, 1, 1, 1, 1});
  auto starts = [&](auto end) {
    theatre::book = std::make_shared<diary>();
    theatre t(often(restart_strategy::one_for_one), {spec("a", r.when)});
    end(t);
    t.loop.run();
    return theatre::book->starts["a"];
  };
  CHECK(starts([](theatre& t) { t.send("a", finish{}); }) == r.after_finish);
  CHECK(starts([](theatre& t) { t.send("a", crash{}); }) == r.after_crash);
  CHECK(starts([](theatre& t) { t.child("a").kill(); }) == r.after_kill);
  CHECK(starts([](theatre& t) { t.child("a").stop(); }) == r.after_stop);
}

TEST_CASE_METHOD(fresh_diary, "temporary children that are stopped with others are forgotten") {
  theatre t(often(restart_strategy::one_for_all), {spec("a"), spec("b", restart::temporary)});
  t.take();
  t.send("a", crash{});
  CHECK(t.take() == "-a-b+a");
  CHECK(t.children().size() == 1);
}

TEST_CASE_METHOD(fresh_diary, "too many restarts within the period make the supervisor give up and fail") {
  theatre t(supervisor_options().intensity(2, 10s), {spec("a"), spec("b")});
  auto end = t.boss.ended();
  t.send("b", crash{});
  t.send("b", crash{});
  CHECK_FALSE(end.done());
  t.take();
  t.send("b", crash{});
  REQUIRE(end.done());
  CHECK(t.take() == "-b-a");
  CHECK(end.get().is_failure());
  CHECK_THAT(end.get().text(), Catch::Contains("intensity") && Catch::Contains("crash of b"));
}

TEST_CASE_METHOD(fresh_diary, "restarts that lie further apart than the period go on for ever") {
  theatre t(supervisor_options().intensity(1, 1s), {spec("a")});
  for (int i = 0; i < 10; ++i) {
    t.send("a", crash{});
    t.loop.advance(1001ms);
  }
  CHECK(theatre::book->starts["a"] == 11);
}

TEST_CASE_METHOD(fresh_diary, "a supervisor that gives up is restarted by its own supervisor with its children") {
  auto inner = supervisor_options().intensity(0, 1s);
  theatre t(often(restart_strategy::one_for_one),
            {spec("a"), child_spec::of<supervisor>("inner", inner, std::vector<child_spec>{spec("x"), spec("y")})});
  CHECK(t.take() == "+a+x+y");
  auto nested = detail::handle_access::typed<supervisor>(detail::handle_access::core(t.child("inner")));
  auto infos = nested.ask(list_children{});
  t.loop.run();
  detail::handle_access::typed<worker>(detail::handle_access::core(infos.get()[0].handle)).send(crash{});
  t.loop.run();
  CHECK(t.take() == "-x-y+x+y");
  t.boss.stop();
  t.loop.run();
  CHECK(t.take() == "-y-x-a");
}

TEST_CASE_METHOD(fresh_diary, "restarts wait longer and longer, and the seed says by how much") {
  auto waits = [](std::uint64_t seed) {
    theatre::book = std::make_shared<diary>();
    theatre t(supervisor_options().intensity(100, 1h).backoff(100ms, 400ms, 0.1).seed(seed), {spec("a")});
    std::vector<duration> all;
    for (int i = 0; i < 4; ++i) {
      t.send("a", crash{});
      auto begin = t.loop.now();
      t.loop.advance_to_next_timer();
      all.push_back(t.loop.now() - begin);
      t.loop.run();
    }
    return all;
  };
  auto first = waits(1);
  duration expected[] = {100ms, 200ms, 400ms, 400ms};
  for (int i = 0; i < 4; ++i) {
    CHECK(first[std::size_t(i)] >= expected[i] * 9 / 10);
    CHECK(first[std::size_t(i)] <= expected[i] * 11 / 10);
  }
  CHECK(waits(1) == first);
  CHECK(waits(2) != first);
}

TEST_CASE_METHOD(fresh_diary, "a supervisor that waits before a restart can be stopped at once") {
  theatre t(supervisor_options().intensity(9, 1h).backoff(1h, 1h), {spec("a"), spec("b")});
  t.send("a", crash{});
  t.take();
  t.boss.stop();
  t.loop.run();
  CHECK(t.take() == "-b");
  CHECK(t.loop.live_actors() == 0);
}

TEST_CASE_METHOD(fresh_diary, "a start that fails in a restart is tried again, and counts") {
  theatre::book->broken_starts["a"] = {2, 3};
  theatre t(supervisor_options().intensity(3, 1s), {spec("a")});
  t.send("a", crash{});
  CHECK(theatre::book->starts["a"] == 4);
  CHECK(t.child("a").valid());
  t.send("a", crash{});
  CHECK(t.loop.live_actors() == 0);
}

TEST_CASE_METHOD(fresh_diary, "a child that cannot be started at first fails its supervisor, which stops the others") {
  theatre::book->broken_starts["b"] = {1};
  simulated_loop loop;
  auto boss = loop.spawn<supervisor>(supervisor_options(), abc());
  auto started = boss.ask(children_started{});
  auto end = boss.ended();
  loop.run();
  CHECK(theatre::book->text == "+a-a");
  CHECK_THROWS_AS(started.get(), actor_gone);
  CHECK_THAT(end.get().text(), Catch::Contains("child b") && Catch::Contains("broken start"));
}

TEST_CASE_METHOD(fresh_diary, "a child that does not stop in time is killed") {
  theatre t({}, {spec("a"), spec("b").shutdown(3s)});
  t.send("b", hang{});
  t.take();
  t.boss.stop();
  t.loop.advance(2999ms);
  CHECK(t.take().empty());
  t.loop.advance(1ms);
  CHECK(t.take() == "-b-a");
}

TEST_CASE_METHOD(fresh_diary, "a child of the brutal kind is not asked") {
  theatre t({}, {spec("a").brutal_kill()});
  t.send("a", hang{});
  t.take();
  t.boss.stop();
  t.loop.run();
  CHECK(t.take() == "-a");
}

TEST_CASE_METHOD(fresh_diary, "a supervisor that is killed takes its children with it") {
  theatre t({}, abc());
  t.boss.kill();
  t.loop.run();
  CHECK(t.loop.live_actors() == 0);
}

TEST_CASE_METHOD(fresh_diary, "a supervisor that is killed takes whole trees below it with it, each in reverse order") {
  auto nested = [](std::string id, std::vector<child_spec> specs) {
    return child_spec::of<supervisor>(std::move(id), supervisor_options(), std::move(specs));
  };
  theatre t({}, {nested("middle", {spec("a"), nested("inner", {spec("b"), spec("c")}), spec("d")})});
  CHECK(t.take() == "+a+b+c+d");
  t.boss.kill();
  t.loop.run();
  CHECK(t.take() == "-d-c-b-a");
  CHECK(t.loop.live_actors() == 0);
}

TEST_CASE_METHOD(fresh_diary,
                 "a supervisor ends with a linked actor that fails and is no child, not with one that ends normally") {
  class patron : public actor {
   public:
    explicit patron(actor_handle const& favourite) { link(favourite); }
    void on(crash) { throw std::runtime_error("bankrupt"); }
    void on(finish) { quit(); }
  };
  theatre t({}, abc());
  auto end = t.boss.ended();
  auto mild = t.loop.spawn<patron>(t.boss);
  mild.send(finish{});
  t.loop.run();
  CHECK_FALSE(end.done());
  t.take();
  auto poor = t.loop.spawn<patron>(t.boss);
  poor.send(crash{});
  t.loop.run();
  CHECK(t.take() == "-c-b-a");
  CHECK(end.get().text() == "bankrupt");
}

TEST_CASE_METHOD(fresh_diary, "a child that ends just as it is stopped does not stop its supervisor") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    theatre::book = std::make_shared<diary>();
    simulated_loop loop(seed);
    auto boss = loop.spawn<supervisor>(supervisor_options(), std::vector<child_spec>{spec("a"), spec("b")});
    loop.run();
    INFO("seed " << seed);
    auto infos = boss.ask(list_children{});
    loop.run();
    auto b = infos.get()[1].handle;
    auto removed = boss.ask(stop_child{"b"});
    b.kill();
    loop.run();
    CHECK(removed.get());
    auto left = boss.ask(list_children{});
    loop.run();
    CHECK(left.get().size() == 1);
  }
}

TEST_CASE_METHOD(fresh_diary, "children can be added and removed") {
  theatre t({}, {spec("a")});
  auto added = t.boss.ask(start_child{spec("b")});
  auto twice = t.boss.ask(start_child{spec("a")});
  t.loop.run();
  CHECK(added.get() == t.child("b"));
  CHECK_THAT(describe(twice.error()), Catch::Contains("two children of the name a"));
  auto removed = t.boss.ask(stop_child{"a"});
  auto unknown = t.boss.ask(stop_child{"z"});
  t.loop.run();
  CHECK(removed.get());
  CHECK_FALSE(unknown.get());
  CHECK(t.take() == "+a+b-a");
}

TEST_CASE_METHOD(fresh_diary, "a child added that cannot start is an error to who asked, and is forgotten") {
  theatre::book->broken_starts["b"] = {1};
  theatre t({}, {spec("a")});
  auto added = t.boss.ask(start_child{spec("b")});
  t.loop.run();
  CHECK(describe(added.error()) == "broken start");
  CHECK(t.children().size() == 1);
}

TEST_CASE_METHOD(fresh_diary, "two children of one name are a clear error") {
  simulated_loop loop;
  auto boss = loop.spawn<supervisor>(supervisor_options(), std::vector<child_spec>{spec("a"), spec("a")});
  auto started = boss.started();
  loop.run();
  CHECK_THAT(describe(started.error()), Catch::Contains("two children of the name a"));
  CHECK(loop.live_actors() == 0);
}

TEST_CASE_METHOD(fresh_diary, "a tree can be torn down after each step of a restart") {
  for (int steps = 0;; ++steps) {
    theatre::book = std::make_shared<diary>();
    bool finished = false;
    {
      theatre t(often(restart_strategy::one_for_all).backoff(10ms, 20ms), abc());
      auto b = detail::handle_access::typed<worker>(detail::handle_access::core(t.child("b")));
      b.send(crash{});
      int done = 0;
      while (done < steps && (t.loop.step() || t.loop.advance_to_next_timer())) ++done;
      finished = done < steps;
      t.loop.close();
      CHECK(t.loop.live_actors() == 0);
      CHECK(t.loop.live_handlers() == 0);
    }
    CHECK(std::count(theatre::book->text.begin(), theatre::book->text.end(), '+') ==
          std::count(theatre::book->text.begin(), theatre::book->text.end(), '-'));
    if (finished) break;
  }
}

}  // namespace
