#include <troupe/actors/cluster/nanny/nanny_core.hpp>

#include <catch2/catch.hpp>

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace troupe::detail;
using troupe::duration;
using troupe::time_point;

/// A nanny on a clock that only the test moves. Actions are kept as words.
class stage {
 public:
  explicit stage(nanny_settings settings = {}, std::uint64_t seed = 1) : core_(settings, seed) {
    feed(nanny_begin{});
    started();
  }

  stage& feed(nanny_event const& event) {
    for (auto const& action : core_.handle(now_, event)) {
      if (std::holds_alternative<start_worker>(action)) words_.emplace_back("start");
      if (auto const* s = std::get_if<signal_worker>(&action)) words_.push_back(signal_name(s->signal));
      if (auto const* d = std::get_if<nanny_done>(&action)) words_.push_back("done " + std::to_string(d->status));
      if (auto const* n = std::get_if<note>(&action)) notes_.push_back(n->text);
    }
    return *this;
  }
  stage& after(duration d) {
    now_ += d;
    return feed(time_passed{});
  }
  stage& started() { return feed(worker_started{}); }
  stage& exits(int status) { return feed(worker_ended{{exit_cause::kind::exited, status}}); }
  stage& killed(int signal) { return feed(worker_ended{{exit_cause::kind::killed, signal}}); }
  stage& stop() { return feed(stop_asked{}); }
  stage& uses(std::uint64_t bytes) { return feed(memory_measured{bytes}); }

  /// What was done since the last call.
  std::vector<std::string> words() { return std::exchange(words_, {}); }
  [[nodiscard]] std::string last_note() const { return notes_.empty() ? "" : notes_.back(); }
  [[nodiscard]] std::size_t notes() const { return notes_.size(); }
  [[nodiscard]] nanny_core const& core() const { return core_; }
  [[nodiscard]] duration until_deadline() const { return core_.deadline() - now_; }

 private:
  nanny_core core_;
  time_point now_{std::chrono::hours(1000)};
  std::vector<std::string> words_, notes_;
};

using did = std::vector<std::string>;

}  // namespace

TEST_CASE("a nanny starts its worker and waits") {
  stage s;
  CHECK(s.words() == did{"start"});
  CHECK(s.core().deadline() == time_point::max());
  CHECK_FALSE(s.core().measures());
}

TEST_CASE("a worker that closed, lost its scheduler or is not wanted is not started again") {
  for (int status : {0, 2, 3, 5}) {
    stage s;
    CHECK(s.exits(status).words() == did{"start", "done " + std::to_string(status)});
    CHECK(s.core().done());
    CHECK(s.last_note() == "worker ended: exit status " + std::to_string(status));
  }
}

TEST_CASE("a worker that is to begin anew is started again at once, however often") {
  stage s;
  CHECK(s.words() == did{"start"});
  for (int i = 0; i < 100; ++i) {
    CHECK(s.exits(4).words() == did{"start"});
    CHECK(s.last_note() == "worker ended because the cluster is restarted; it begins anew");
    s.started();
  }
  // The first failure after it waits for nothing either.
  CHECK(s.exits(1).words() == did{"start"});
}

TEST_CASE("a worker that is to begin anew while it is closed for good is not started again") {
  stage s;
  s.stop();
  CHECK(s.exits(4).words() == did{"start", "SIGTERM", "done 0"});
}

TEST_CASE("a worker that crashed after a steady life is started again at once") {
  stage s;
  CHECK(s.after(1h).killed(SIGSEGV).words() == did{"start", "start"});
  CHECK(s.last_note() == "worker ended: killed by SIGSEGV; it is started again");
  CHECK(s.started().after(1h).killed(SIGKILL).words() == did{"start"});
}

TEST_CASE("the cause of an end is in the log") {
  stage s;
  s.after(1h).feed(worker_ended{{exit_cause::kind::out_of_memory, SIGKILL}});
  CHECK(s.last_note() == "worker ended: killed by the kernel for want of memory; it is started again");
}

TEST_CASE("restarts that follow each other quickly wait longer and longer, up to a limit") {
  stage s({.backoff = 1s, .backoff_limit = 10s});
  CHECK(s.killed(SIGSEGV).words() == did{"start", "start"});
  for (auto full : {1s, 2s, 4s, 8s, 10s, 10s}) {
    s.started().killed(SIGSEGV);
    CHECK(s.words().empty());
    CHECK(s.until_deadline() >= full / 2);
    CHECK(s.until_deadline() <= full);
    auto wait = s.until_deadline();
    CHECK(s.after(wait - 1ns).words().empty());
    CHECK(s.after(1ns).words() == did{"start"});
  }
}

TEST_CASE("a steady life makes the next restart immediate again") {
  stage s;
  s.killed(SIGSEGV).started().killed(SIGSEGV).after(1h).started();
  s.words();
  CHECK(s.after(10s).killed(SIGSEGV).words() == did{"start"});
}

TEST_CASE("waits differ from seed to seed and are equal for equal seeds") {
  auto wait = [](std::uint64_t seed) {
    stage s({}, seed);
    s.killed(SIGSEGV).started().killed(SIGSEGV);
    return s.until_deadline();
  };
  std::set<duration> waits;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    waits.insert(wait(seed));
    CHECK(wait(seed) == wait(seed));
  }
  CHECK(waits.size() > 15);
}

TEST_CASE("a worker that fails to start is given up after some attempts") {
  stage s({.attempts = 3});
  s.exits(1).started().exits(1).after(1h).started().exits(1);
  CHECK(s.words() == did{"start", "start", "start", "done 1"});
  CHECK(s.last_note() == "worker ended: exit status 1; after 3 attempts it is given up");
}

TEST_CASE("crashes and failures of a worker that had been steady are no failed attempts") {
  stage crashing({.attempts = 2});
  for (int i = 0; i < 10; ++i) crashing.killed(SIGSEGV).after(1h).started();
  CHECK_FALSE(crashing.core().done());
  stage failing({.attempts = 2});
  for (int i = 0; i < 10; ++i) failing.after(1h).exits(1).started();
  CHECK_FALSE(failing.core().done());
}

TEST_CASE("without a number of attempts a worker is never given up") {
  stage s({.attempts = 0});
  for (int i = 0; i < 100; ++i) s.exits(1).after(1h).started();
  CHECK_FALSE(s.core().done());
}

TEST_CASE("a program that cannot be started counts as a failed attempt") {
  stage s({.attempts = 2});
  s.after(1h).killed(SIGSEGV);
  s.feed(worker_not_started{"cannot start 'x': No such file or directory"});
  CHECK(s.words() == did{"start", "start"});
  CHECK(s.after(1h).words() == did{"start"});
  s.feed(worker_not_started{"cannot start 'x': No such file or directory"});
  CHECK(s.words() == did{"done 1"});
  CHECK(s.last_note() == "worker ended: cannot start 'x': No such file or directory; after 2 attempts it is given up");
}

TEST_CASE("a stop is passed on as SIGTERM, and the worker's orderly end ends the nanny") {
  stage s;
  CHECK(s.stop().words() == did{"start", "SIGTERM"});
  CHECK(s.exits(0).words() == did{"done 0"});
}

TEST_CASE("a stop that comes before the worker can listen is an orderly end too") {
  stage s;
  CHECK(s.stop().killed(SIGTERM).words() == did{"start", "SIGTERM", "done 0"});
}

TEST_CASE("a worker that does not close in time is killed") {
  stage s({.close_timeout = 5s});
  s.stop();
  CHECK(s.after(4s).words() == did{"start", "SIGTERM"});
  CHECK(s.after(1s).words() == did{"SIGKILL"});
  CHECK(s.after(1h).words().empty());
  CHECK(s.killed(SIGKILL).words() == did{"done 1"});
}

TEST_CASE("the second stop kills at once") {
  stage s;
  CHECK(s.stop().stop().words() == did{"start", "SIGTERM", "SIGKILL"});
}

TEST_CASE("a stop while it waits to start again ends the nanny") {
  stage s;
  s.killed(SIGSEGV).started().killed(SIGSEGV);
  s.words();
  CHECK(s.stop().words() == did{"done 0"});
  CHECK(s.after(1h).words().empty());
}

TEST_CASE("a worker that reaches its memory limit is killed, not asked to close, and started again") {
  stage s({.memory_limit = 1000, .monitor_interval = 100ms});
  CHECK(s.core().measures());
  CHECK(s.after(1h).uses(999).words() == did{"start"});
  CHECK(s.uses(1000).words() == did{"SIGKILL"});
  CHECK(s.last_note() == "worker uses 1.0 kB of memory and may use 1.0 kB: it is killed");
  CHECK_FALSE(s.core().measures());
  CHECK(s.after(1h).words().empty());
  CHECK(s.killed(SIGKILL).words() == did{"start"});
  CHECK(s.started().core().measures());
}

TEST_CASE("a worker that closes just when it reaches its memory limit is started again all the same") {
  stage s({.memory_limit = 1000});
  CHECK(s.after(1h).uses(2000).exits(0).words() == did{"start", "SIGKILL", "start"});
}

TEST_CASE("a stop while a worker is killed for its memory is a stop") {
  stage s({.memory_limit = 1000});
  CHECK(s.uses(2000).stop().exits(0).words() == did{"start", "SIGKILL", "done 0"});
}

TEST_CASE("a lifetime ends with an orderly close") {
  stage s({.lifetime = 1h});
  CHECK(s.after(59min).words() == did{"start"});
  CHECK(s.after(1min).words() == did{"SIGUSR1"});
  CHECK(s.last_note() == "worker has lived for 1h: it is closed");
  CHECK(s.exits(0).words() == did{"done 0"});
}

TEST_CASE("a worker that does not hand over in time what it holds is closed, and killed if it does not close either") {
  stage s({.lifetime = 1h, .close_timeout = 5s});
  s.after(1h);
  CHECK(s.after(4s).words() == did{"start", "SIGUSR1"});
  CHECK(s.after(1s).words() == did{"SIGTERM"});
  CHECK(s.last_note() == "worker did not hand over what it holds in time: it is closed all the same");
  CHECK(s.after(4s).words().empty());
  CHECK(s.after(1s).words() == did{"SIGKILL"});
  CHECK(s.killed(SIGKILL).words() == did{"done 0"});
}

TEST_CASE("a stop while a worker hands over what it holds closes it at once, the second kills it") {
  stage s({.lifetime = 1h, .lifetime_restart = true, .close_timeout = 5s});
  CHECK(s.after(1h).stop().words() == did{"start", "SIGUSR1", "SIGTERM"});
  CHECK(s.after(4s).words().empty());
  CHECK(s.stop().words() == did{"SIGKILL"});
  CHECK(s.killed(SIGKILL).words() == did{"done 1"});
}

TEST_CASE("a lifetime that ends with a restart begins again") {
  stage s({.lifetime = 1h, .lifetime_restart = true});
  for (int i = 0; i < 3; ++i) {
    CHECK(s.after(1h).words() == did{"start", "SIGUSR1"});
    s.exits(0).started();
  }
}

TEST_CASE("lifetimes are staggered at random within their bounds") {
  std::vector<duration> lives;
  for (std::uint64_t seed = 0; seed < 200; ++seed)
    lives.push_back(stage({.lifetime = 60min, .lifetime_stagger = 10min}, seed).until_deadline());
  auto [least, most] = std::minmax_element(lives.begin(), lives.end());
  CHECK(*least >= 50min);
  CHECK(*least < 52min);
  CHECK(*most <= 70min);
  CHECK(*most > 68min);
}

TEST_CASE("what does not fit the state changes nothing") {
  stage s;
  s.exits(0);
  s.words();
  auto notes = s.notes();
  s.exits(0).killed(SIGSEGV).started().stop().uses(1 << 30).after(1h).feed(nanny_begin{}).feed(worker_not_started{"x"});
  CHECK(s.words().empty());
  CHECK(s.notes() == notes);

  stage waiting;
  waiting.killed(SIGSEGV).started().killed(SIGSEGV);
  waiting.words();
  CHECK(waiting.killed(SIGSEGV).uses(1 << 30).started().feed(nanny_begin{}).words().empty());
}
