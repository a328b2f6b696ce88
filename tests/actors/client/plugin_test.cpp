#include "support/stage.hpp"

#include <troupe/actors/client/export_plugin.hpp>
#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

/// Plugins of workers and schedulers, and the stream of events. All parts are in this process: what a plugin does, the
/// test sees.
namespace {

using Catch::Matchers::Contains;
using troupe::block_on;
using troupe::test::eventually;
using troupe::test::stage;
using names = std::vector<std::string>;

/// What was done, by whom. Any thread.
class journal {
 public:
  static void note(std::string const& line) {
    std::scoped_lock lock(mutex_);
    lines_.push_back(line);
  }
  static names take() {
    std::scoped_lock lock(mutex_);
    return std::exchange(lines_, {});
  }
  static std::size_t count(std::string const& line) {
    std::scoped_lock lock(mutex_);
    return std::size_t(std::count(lines_.begin(), lines_.end(), line));
  }

 private:
  static inline std::mutex mutex_;
  static inline names lines_;
};

/// A connection: nothing that could travel.
struct database : troupe::worker_plugin {
  explicit database(std::string url) : url_(std::move(url)) {}
  void setup(troupe::worker_context& worker) override {
    if (url_ == "nowhere" || url_ == "not on " + worker.name()) throw std::runtime_error("no database at " + url_);
    journal::note(worker.name() + " opens " + url_);
  }
  void teardown(troupe::worker_context& worker) override { journal::note(worker.name() + " closes " + url_); }
  std::string ask(int id) { return url_ + "/" + std::to_string(id) + "/" + std::to_string(++asked_); }

 private:
  std::string url_;
  std::atomic<int> asked_{0};
};

struct last_words : troupe::worker_plugin {
  void teardown(troupe::worker_context&) override { throw std::runtime_error("not yet"); }
};

std::string price(troupe::worker_context& worker, int id) { return worker.plugin<database>()->ask(id); }
std::string price_in_task(troupe::task_context& context, int id) { return context.plugin<database>()->ask(id); }
int twice(int x) { return 2 * x; }
void wait_at(troupe::test::gate_ref gate) { (*gate)->pass(); }
int fails(int) { throw std::runtime_error("no"); }

/// Whose setup ends when its gate is opened.
struct stubborn : troupe::worker_plugin {
  stubborn(std::string own_name, troupe::test::gate_ref gate) : name(std::move(own_name)), gate_(gate) {}
  void setup(troupe::worker_context&) override { (*gate_)->pass(); }
  void teardown(troupe::worker_context&) override { journal::note(name + " ends"); }

  std::string const name;

 private:
  troupe::test::gate_ref gate_;
};
std::string name_of_stubborn(troupe::worker_context& worker) { return worker.plugin<stubborn>()->name; }

struct watching : troupe::scheduler_plugin {
  explicit watching(std::string name) : name_(std::move(name)) {}
  void setup() override {
    if (name_.empty()) throw std::runtime_error("who watches?");
    journal::note(name_ + " begins");
  }
  void on_event(troupe::cluster_event const& event) override {
    if (event.what == "erred") throw std::runtime_error("too much");
    journal::note(name_ + ": " + event.what + " " + event.key);
  }
  void teardown() override { journal::note(name_ + " ends"); }

 private:
  std::string name_;
};

struct of_nannies : troupe::nanny_plugin {};

auto const exported = troupe::export_plugin<database, std::string>("test_database");

template <class T>
std::string problem_of(troupe::task<T> change) {
  try {
    static_cast<void>(block_on(std::move(change)));
  } catch (troupe::error const& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a plugin that a client registers is set up once on each worker, and tasks there share it") {
  journal::take();
  stage on(2);
  CHECK(block_on(on.client.register_plugin<database>("db")) == names{"worker-0", "worker-1"});
  auto lines = journal::take();
  std::sort(lines.begin(), lines.end());
  CHECK(lines == names{"worker-0 opens db", "worker-1 opens db"});
  auto first = on.client.with(troupe::task_options{}.workers(troupe::on_workers("worker-1")));
  CHECK(first.submit<price>(7).get() == "db/7/1");
  CHECK(first.submit<price_in_task>(8).get() == "db/8/2");
}

TEST_CASE("plugins are torn down when their cluster closes") {
  journal::take();
  {
    stage on(2);
    static_cast<void>(block_on(on.client.register_plugin<database>("db")));
    static_cast<void>(block_on(on.client.register_plugin<watching>("cat")));
  }
  CHECK(journal::count("worker-0 closes db") == 1);
  CHECK(journal::count("worker-1 closes db") == 1);
  CHECK(journal::count("cat ends") == 1);
}

TEST_CASE("a plugin takes the place of the one of its type, which is torn down before") {
  journal::take();
  stage on;
  static_cast<void>(block_on(on.client.register_plugin<database>("old")));
  static_cast<void>(block_on(on.client.register_plugin<database>("new")));
  CHECK(journal::take() == names{"worker-0 opens old", "worker-0 closes old", "worker-0 opens new"});
  CHECK(on.client.submit<price>(1).get() == "new/1/1");
}

TEST_CASE("a plugin that is exported is registered by its name, and is one with that of its type") {
  journal::take();
  stage on;
  CHECK(block_on(on.client.register_plugin("test_database", "named")) == names{"worker-0"});
  CHECK(on.client.submit<price>(1).get() == "named/1/1");
  static_cast<void>(block_on(on.client.register_plugin<database>("typed")));
  CHECK(on.client.submit<price>(1).get() == "typed/1/1");
  CHECK(block_on(on.client.register_plugin(std::string("test_database"), "last")) == names{"worker-0"});
  CHECK(block_on(on.client.unregister_plugin("test_database")) == names{"worker-0"});
  CHECK(journal::take() == names{"worker-0 opens named", "worker-0 closes named", "worker-0 opens typed",
                                 "worker-0 closes typed", "worker-0 opens last", "worker-0 closes last"});
  CHECK_THAT(problem_of(on.client.unregister_plugin("test_database")), Contains("test_database is registered"));
}

TEST_CASE("a plugin of an unknown name, or of other arguments, is not registered") {
  stage on;
  CHECK_THAT(problem_of(on.client.register_plugin("no_such_plugin", 1)),
             Contains("no_such_plugin") && Contains("void(i32)"));
  CHECK_THAT(problem_of(on.client.register_plugin("test_database", 1)),
             Contains("test_database") && Contains("void(i32)"));
  CHECK_THAT(problem_of(on.client.unregister_plugin("no_such_plugin")), Contains("no_such_plugin is registered"));
  CHECK_THAT(problem_of(on.client.register_plugin<troupe::scheduler_plugin>("no_such_plugin")),
             Contains("no_such_plugin"));
}

TEST_CASE("a nanny's plugin is refused where no worker has a nanny, and each worker is named") {
  stage on(2);
  CHECK_THAT(problem_of(on.client.register_plugin<of_nannies>()),
             Contains("2 of 2 workers: worker-0: it ") && Contains("no nanny") && Contains("worker-1: it "));
  CHECK_THAT(problem_of(on.client.unregister_plugin<of_nannies>()), Contains("of_nannies is registered"));
}

TEST_CASE("a plugin that is unregistered is torn down, and tasks that want it say so") {
  journal::take();
  stage on;
  static_cast<void>(block_on(on.client.register_plugin<database>("db")));
  CHECK(block_on(on.client.unregister_plugin<database>()) == names{"worker-0"});
  CHECK(journal::take() == names{"worker-0 opens db", "worker-0 closes db"});
  CHECK_THROWS_WITH(on.client.submit<price>(1).get(), Contains("worker-0 has no plugin") && Contains("database"));
  CHECK_THAT(problem_of(on.client.unregister_plugin<database>()), Contains("database is registered"));
  CHECK_THAT(problem_of(on.client.unregister_plugin<watching>()), Contains("watching is registered"));
}

TEST_CASE("what a plugin's setup throws is said with its worker, and the others keep theirs") {
  journal::take();
  stage on(2);
  CHECK_THAT(problem_of(on.client.register_plugin<database>("nowhere")),
             Contains("could not be set up on 2 of 2 workers") && Contains("worker-0: ") &&
                 Contains("no database at nowhere"));
  CHECK_THAT(problem_of(on.client.register_plugin<database>("not on worker-1")),
             Contains("1 of 2 workers") && Contains("worker-1: "));
  auto where = on.client.with(troupe::task_options{}.workers(troupe::on_workers("worker-0")));
  CHECK(where.submit<price>(1).get() == "not on worker-1/1/1");
}

TEST_CASE("what a plugin's teardown throws stops nobody") {
  stage on;
  static_cast<void>(block_on(on.client.register_plugin<last_words>()));
  CHECK(block_on(on.client.unregister_plugin<last_words>()) == names{"worker-0"});
}

TEST_CASE("a plugin whose setup does not end keeps no other from being changed") {
  stage on;
  auto other = on.cluster.connect("other");
  troupe::test::gate gate;
  std::string problem;
  std::jthread waiting(
      [&] { problem = problem_of(other.register_plugin<stubborn>("first", troupe::test::gate_ref(&gate))); });
  troupe::test::opened_at_end opened(gate);
  gate.wait_for(1);
  CHECK(block_on(on.client.register_plugin<database>("db")) == names{"worker-0"});
  CHECK(block_on(on.client.register_plugin<watching>("cat")) == names{"scheduler"});
  CHECK(block_on(on.client.unregister_plugin<database>()) == names{"worker-0"});
  gate.open();
  waiting.join();
  CHECK(problem == "no error");
  CHECK(on.client.submit<name_of_stubborn>().get() == "first");
}

TEST_CASE("a plugin that comes late, when its client has gone and its name was changed again, is not kept") {
  journal::take();
  bool again = GENERATE(false, true);
  stage on;
  auto other = on.cluster.connect("other");
  troupe::test::gate gate, open;
  open.open();
  std::string problem;
  std::jthread waiting(
      [&] { problem = problem_of(other.register_plugin<stubborn>("first", troupe::test::gate_ref(&gate))); });
  troupe::test::opened_at_end opened(gate);
  gate.wait_for(1);
  other.close();
  waiting.join();
  CHECK(problem != "no error");
  if (again)
    CHECK(block_on(on.client.register_plugin<stubborn>("second", troupe::test::gate_ref(&open))) == names{"worker-0"});
  else
    CHECK(block_on(on.client.unregister_plugin<stubborn>()) == names{"worker-0"});
  gate.open();
  eventually([] { return journal::count("first ends") == 1; });
  auto found = on.client.submit<name_of_stubborn>();
  if (again)
    CHECK(found.get() == "second");
  else
    CHECK_THROWS_WITH(found.get(), Contains("worker-0 has no plugin"));
}

TEST_CASE("a closed client registers nothing") {
  stage on;
  on.client.close();
  CHECK_THROWS_AS(block_on(on.client.register_plugin<database>("db")), troupe::client_closed);
  CHECK_THROWS_AS(block_on(on.client.events()), troupe::client_closed);
}

TEST_CASE("a plugin of the scheduler is told what happens to tasks, in order, until it is unregistered") {
  journal::take();
  stage on;
  CHECK(block_on(on.client.register_plugin<watching>("cat")) == names{"scheduler"});
  auto key = [&] {
    auto f = on.client.submit<twice>(2);
    CHECK(f.get() == 4);
    return troupe::detail::future_access::state(f)->key();
  }();
  eventually([&] { return journal::count("cat: memory " + key) == 1; });
  CHECK(block_on(on.client.unregister_plugin<watching>()) == names{"scheduler"});
  auto lines = journal::take();
  CHECK(lines.front() == "cat begins");
  CHECK(lines.back() == "cat ends");
  std::erase_if(lines, [&](std::string const& line) { return line.find(key) == line.npos; });
  CHECK(lines.front() == "cat: submitted " + key);
  CHECK(lines.at(lines.size() - 2) == "cat: processing " + key);
  CHECK(lines.back() == "cat: memory " + key);
}

TEST_CASE("a plugin of the scheduler that cannot be set up is not kept, one that throws goes on") {
  journal::take();
  stage on;
  CHECK_THAT(problem_of(on.client.register_plugin<watching>("")), Contains("who watches?"));
  CHECK_THAT(problem_of(on.client.unregister_plugin<watching>()), Contains("is registered"));
  static_cast<void>(block_on(on.client.register_plugin<watching>("cat")));
  troupe::test::until_done(on.client.submit<fails>(1));
  auto good = on.client.with(troupe::task_options{}.key("good")).submit<twice>(1);
  CHECK(good.get() == 2);
  eventually([&] { return journal::count("cat: memory good") == 1; });
}

TEST_CASE("events tell a client what happens to everybody's tasks from when it asked") {
  stage on;
  auto other = on.cluster.connect();
  auto before = other.with(troupe::task_options{}.key("before")).submit<twice>(1);
  CHECK(before.get() == 2);
  auto events = block_on(on.client.events());
  auto failing = other.with(troupe::task_options{}.key("task")).submit<fails>(3);
  troupe::test::until_done(failing);
  names seen;
  std::uint64_t last = 0;
  do {
    auto event = block_on(events.next());
    CHECK((last == 0 || event.number == last + 1));
    last = event.number;
    if (event.key != "task") continue;
    CHECK(event.function == "fails");
    CHECK(event.worker == (event.what == "processing" ? "worker-0" : ""));
    seen.push_back(event.what);
  } while (seen.empty() || seen.back() != "erred");
  CHECK(seen == names{"submitted", "queued", "processing", "erred"});
  CHECK(events.dropped() == 0);
}

TEST_CASE("a task that was there before is known by its key to who asks for events later") {
  stage on;
  auto kept = on.client.with(troupe::task_options{}.key("kept")).submit<twice>(1);
  auto computed = on.client.submit<twice>(4);
  CHECK(kept.get() + computed.get() == 10);
  troupe::test::gate gate;
  troupe::test::opened_at_end opened(gate);
  auto held = on.client.submit<wait_at>(troupe::test::gate_ref(&gate));
  auto name = troupe::detail::future_access::state(held)->key();
  gate.wait_for(1);
  auto events = block_on(on.client.events());
  gate.open();
  CHECK_NOTHROW(held.get());
  for (;;) {
    auto event = block_on(events.next());
    if (event.what != "memory") continue;
    CHECK(event.key == name);
    break;
  }
}

TEST_CASE("who does not take events in time loses the oldest, and is told how many") {
  stage on;
  auto events = block_on(on.client.events(2));
  CHECK(on.client.submit<twice>(1).get() == 2);
  auto first = block_on(events.next());
  for (int i = 0; i < 50; ++i) CHECK(on.client.submit<twice>(i).get() == 2 * i);
  auto marked = on.client.with(troupe::task_options{}.key("last")).submit<twice>(0);
  CHECK(marked.get() == 0);
  std::uint64_t seen = 1;
  auto event = first;
  for (; event.key != "last" || event.what != "memory"; ++seen) event = block_on(events.next());
  CHECK(events.dropped() > 0);
  CHECK(seen + events.dropped() == event.number - first.number + 1);
}

TEST_CASE("only the scheduler publishes events") {
  stage on;
  auto forged = on.client.topic<std::vector<troupe::cluster_event>>("troupe events");
  CHECK_THROWS_WITH(forged.publish({}).get(), Contains("only the scheduler"));
}
