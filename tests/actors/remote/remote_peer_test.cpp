#include "../../net/link/recording_handler.hpp"
#include "../cluster/support/captured.hpp"
#include "../support/quiet_actors.hpp"

#include <troupe/actors/functions/typed_call.hpp>
#include <troupe/actors/remote/internal/remote_peers.hpp>
#include <troupe/actors/remote/internal/value_parts.hpp>
#include <troupe/actors/runtime/internal/asio_loop.hpp>
#include <troupe/actors/runtime/runtime.hpp>
#include <troupe/actors/scheduler/internal/scheduler_actor.hpp>

#include <catch2/catch.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

/// Which links a worker of another process is asked over.
namespace {

using namespace troupe;
using namespace troupe::detail;
using Catch::Matchers::Contains;
using troupe::test::quiet_scheduler;

int inc(int n) { return n + 1; }

/// A worker's port that accepts links and does what it is told with what is asked over them. The value of each task is
/// its index.
class told_port final : public actor {
 public:
  struct get_address {};
  /// Refuses further links.
  struct refuse_beyond {
    std::size_t links;
  };
  struct close_link {
    std::size_t which;
  };
  /// Answers what was asked first over it.
  struct answer {
    std::size_t which;
  };
  struct look {};
  struct seen {
    struct one {
      std::size_t unanswered = 0;
      std::size_t calls = 0;
      bool down = false;
    };
    std::vector<one> links;
    std::size_t refused = 0;
  };

  told_port() {
    auto admit = [this](hello const&) -> std::string {
      if (ends_.size() < most_) return "";
      ++refused_;
      return "enough links";
    };
    listener_ = listen(io_of(loop()), "tcp://127.0.0.1:0", test::hello_of("port", 1, link_role::worker), {}, admit,
                       [this](link_ptr made) { ends_.push_back(std::make_unique<end>(std::move(made))); });
  }
  std::string on(get_address) { return listener_->address(); }
  void on(refuse_beyond what) { most_ = what.links; }
  void on(close_link what) { ends_.at(what.which)->close(); }
  task<void> on(answer what) {
    auto& over = *ends_.at(what.which);
    auto [number, task] = over.requests.front();
    over.requests.erase(over.requests.begin());
    std::vector<value_ptr> values{value_ptr(new value_box<int>(std::in_place, int(task.index)))};
    auto sending = send_values(over.at, number, std::move(values), {"the port", nullptr});
    co_await std::move(sending);
  }
  seen on(look) {
    seen all;
    all.refused = refused_;
    for (auto const& e : ends_) all.links.push_back({e->requests.size(), e->calls, e->down});
    return all;
  }

 private:
  struct end final : link_handler {
    explicit end(link_ptr made) : at(std::move(made)) { at->set_handler(this); }
    end(end const&) = delete;
    end& operator=(end const&) = delete;
    ~end() {
      at->set_handler(nullptr);
      at->close("the port goes");
    }
    void close() {
      requests.clear();
      at->close("told to");
    }
    void on_message(std::uint16_t type, std::span<std::byte const> body, std::vector<buffer> attachments) override {
      wire_reader in(body, std::move(attachments));
      if (wire_type(type) != wire_type::get_values) {
        ++calls;
        return;
      }
      auto number = in.get<std::uint64_t>();
      requests.emplace_back(number, in.get<std::vector<task_id>>().at(0));
    }
    void on_down(std::string const&) override { down = true; }

    link_ptr at;
    std::vector<std::pair<std::uint64_t, task_id>> requests;
    std::size_t calls = 0;
    bool down = false;
  };

  std::size_t most_ = 100;
  std::size_t refused_ = 0;
  std::unique_ptr<listener> listener_;
  std::vector<std::unique_ptr<end>> ends_;
};

/// Waits for the answer to a call, which does not come.
struct never_answered final : call_answer {
  void succeed(value_ptr, handles_lent) noexcept override {}
  void fail(std::exception_ptr, call_failure) noexcept override {}
};

enum class kind : bool { small, large };

/// Has no workers. Keeps calls that it is to pass on, if so told.
class holding_scheduler final : public quiet_scheduler {
 public:
  using quiet_scheduler::on;
  struct held {
    std::mutex mutex;
    bool holds = false;
    std::vector<actor_call> calls;
    std::vector<call_answer const*> stops;
    [[nodiscard]] std::size_t count() {
      std::scoped_lock lock(mutex);
      return calls.size();
    }
    [[nodiscard]] std::size_t count_stops() {
      std::scoped_lock lock(mutex);
      return stops.size();
    }
  };
  explicit holding_scheduler(std::shared_ptr<held> by) : by_(std::move(by)) {}
  void on(relay_calls&& message) override {
    std::scoped_lock lock(by_->mutex);
    if (!by_->holds) return;
    for (auto& call : message.what.calls) by_->calls.push_back(std::move(call));
  }
  void on(relay_stop_calls&& message) override {
    std::scoped_lock lock(by_->mutex);
    for (auto const& item : message.what.calls) by_->stops.push_back(item.call);
  }
  task<std::vector<value_ptr>> on(relay_values const&) override {
    throw actor_gone("the worker left the cluster");
    co_return std::vector<value_ptr>{};
  }

 private:
  std::shared_ptr<held> by_;
};

struct scene {
  explicit scene(duration idle_limit = std::chrono::hours(1), std::uint64_t epoch = 1,
                 duration again_after = std::chrono::seconds(30)) {
    remote_peer::setup with;
    with.id = {3};
    with.name = "worker-3";
    with.address = port.ask(told_port::get_address{}).get();
    with.epoch = epoch;
    with.self = test::hello_of("asker", 2, link_role::peer);
    with.scheduler = in.loop().spawn<holding_scheduler>(held);
    with.idle_limit = idle_limit;
    with.directly_again_after = again_after;
    peer = in.loop().spawn<remote_peer>(with);
  }
  ~scene() { in.close(); }
  scene(scene const&) = delete;
  scene& operator=(scene const&) = delete;

  future<std::vector<value_ptr>> ask(std::uint32_t task, kind what) {
    return peer.ask(get_values{{{task, 1}}, {}, what == kind::large});
  }
  [[nodiscard]] told_port::seen look() { return port.ask(told_port::look{}).get(); }
  void call(call_answer& answer) {
    actor_calls batch;
    auto bound = bind_call(function_tag<&inc>{}, 1);
    batch.calls.push_back({{5, 1}, make_encoded_call(bound.call->function(), pack(bound.call)), answer_slot(answer)});
    peer.send(std::move(batch));
  }
  template <class Condition>
  void until(Condition condition) {
    while (!condition(look())) std::this_thread::yield();
  }
  /// Until something was asked over a link that was not answered.
  void until_asked(std::size_t over) {
    until([&](auto const& seen) { return seen.links.size() > over && seen.links[over].unanswered > 0; });
  }
  void until_down(std::size_t which) {
    until([&](auto const& seen) { return seen.links.at(which).down; });
  }
  void answer(std::size_t over) { port.ask(told_port::answer{over}).get(); }
  /// Asks, and expects the question on this link.
  void check_asked_over(std::size_t link, std::uint32_t task, kind what) {
    auto asked = ask(task, what);
    until_asked(link);
    answer(link);
    CHECK(value_of(asked) == int(task));
  }
  static int value_of(future<std::vector<value_ptr>> const& asked) {
    auto const& got = asked.get();
    REQUIRE(got.size() == 1);
    return value_cast<int>(*got[0]);
  }

  std::shared_ptr<holding_scheduler::held> held = std::make_shared<holding_scheduler::held>();
  runtime in;
  actor_ref<told_port> port = in.loop().spawn<told_port>();
  actor_ref<remote_peer> peer;
};

std::size_t count(std::string const& what, std::string const& in) {
  std::size_t found = 0;
  for (auto at = in.find(what); at != std::string::npos; at = in.find(what, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("what is large comes over a link of its own, on which nothing small waits") {
  scene s;
  auto large = s.ask(1, kind::large);
  s.until_asked(0);
  s.check_asked_over(1, 2, kind::small);
  CHECK_FALSE(large.done());
  s.answer(0);
  CHECK(scene::value_of(large) == 1);
  s.check_asked_over(0, 3, kind::large);
  s.check_asked_over(1, 4, kind::small);
  CHECK(s.look().links.size() == 2);
}

TEST_CASE("who is asked for nothing large has one link") {
  scene s;
  s.check_asked_over(0, 1, kind::small);
  s.check_asked_over(0, 2, kind::small);
  CHECK(s.look().links.size() == 1);
}

TEST_CASE("calls of actors go over the link for what is small") {
  scene s;
  auto large = s.ask(1, kind::large);
  s.until_asked(0);
  never_answered waiting;
  s.call(waiting);
  s.until([](auto const& seen) { return seen.links.size() == 2 && seen.links[1].calls == 1; });
  CHECK(s.look().links[0].calls == 0);
  s.answer(0);
  CHECK(scene::value_of(large) == 1);
  s.peer.kill();
  s.peer.ended().get();
}

TEST_CASE("calls do not overtake those that the scheduler passes on, though the worker can be reached by now") {
  never_answered first, second, third;
  scene s(std::chrono::hours(1), 1, duration::zero());
  s.held->holds = true;
  s.port.send(told_port::refuse_beyond{0});
  s.call(first);
  while (s.held->count() < 1) std::this_thread::yield();
  s.port.send(told_port::refuse_beyond{100});
  s.check_asked_over(0, 1, kind::small);
  s.call(second);
  while (s.held->count() < 2) std::this_thread::yield();
  CHECK(s.look().links[0].calls == 0);

  // Who is to stop them is told what they are called there.
  s.peer.send(stop_calls{{{{5, 1}, &second}}});
  while (s.held->count_stops() < 1) std::this_thread::yield();
  {
    std::scoped_lock lock(s.held->mutex);
    CHECK(s.held->stops.front() == s.held->calls.back().answer.id());
    for (auto& call : s.held->calls) call.answer.fail(nullptr, call_failure::failed);
    s.held->calls.clear();
  }
  s.call(third);
  s.until([](auto const& seen) { return seen.links[0].calls == 1; });
  CHECK(s.held->count() == 0);
  s.peer.kill();
  s.peer.ended().get();
}

TEST_CASE("where a second link is refused all values come over the first, and that is said once") {
  scene s;
  s.port.send(told_port::refuse_beyond{1});
  auto first = GENERATE(kind::small, kind::large);
  auto other = first == kind::small ? kind::large : kind::small;
  auto log = test::captured(2, [&] {
    s.check_asked_over(0, 1, first);
    s.check_asked_over(0, 2, other);
    s.check_asked_over(0, 3, other);
    s.check_asked_over(0, 4, first);
  });
  CHECK(s.look().refused == 1);
  CHECK(count("worker-3 at ", log) == 1);
  CHECK_THAT(log, Contains("is reached over one link only") && Contains("enough links"));
}

TEST_CASE("who cannot be reached is asked for through the scheduler, and that is said once") {
  scene s;
  s.port.kill();
  s.port.ended().get();
  auto log = test::captured(2, [&] {
    auto small = s.ask(1, kind::small);
    auto large = s.ask(2, kind::large);
    // Which knows no such worker.
    CHECK_THROWS_WITH(small.get(), Contains("left the cluster"));
    CHECK_THROWS_WITH(large.get(), Contains("left the cluster"));
    CHECK_THROWS_WITH(s.ask(3, kind::large).get(), Contains("left the cluster"));
  });
  CHECK(count("worker-3 at ", log) == 1);
  CHECK_THAT(log, Contains("is not reached directly"));
}

TEST_CASE("another process that answers at a worker's address is not asked") {
  scene s(std::chrono::hours(1), 7);
  auto log = test::captured(2, [&] {
    CHECK_THROWS_WITH(s.ask(1, kind::small).get(), Contains("left the cluster"));
    CHECK_THROWS_WITH(s.ask(2, kind::large).get(), Contains("left the cluster"));
  });
  CHECK_THAT(log, Contains("is not reached directly") && Contains("another process answers there: port"));
  s.until_down(0);
  CHECK(s.look().links.size() == 1);
}

TEST_CASE("what was asked over a link that goes down is asked again over the other") {
  scene s;
  auto lost = GENERATE(kind::small, kind::large);
  auto kept = lost == kind::small ? kind::large : kind::small;
  s.check_asked_over(0, 1, kept);
  auto asked = s.ask(2, lost);
  s.until_asked(1);
  s.port.send(told_port::close_link{1});
  s.until_asked(0);
  s.answer(0);
  CHECK(scene::value_of(asked) == 2);
  s.check_asked_over(0, 3, lost);
  CHECK(s.look().links.size() == 2);
}

TEST_CASE("when both links go down everybody who asked hears once what the scheduler knows") {
  scene s;
  auto large = s.ask(1, kind::large);
  s.until_asked(0);
  auto small = s.ask(2, kind::small);
  s.until_asked(1);
  s.port.kill();
  CHECK_THROWS_WITH(large.get(), Contains("left the cluster"));
  CHECK_THROWS_WITH(small.get(), Contains("left the cluster"));
}

TEST_CASE("both links go with the one who asked") {
  scene s;
  s.check_asked_over(0, 1, kind::large);
  s.check_asked_over(1, 2, kind::small);
  s.peer.kill();
  s.until_down(0);
  s.until_down(1);
}

TEST_CASE("a link for what is large that nobody uses any more is closed, and opened again when it is needed") {
  scene s(std::chrono::milliseconds(1));
  s.check_asked_over(0, 1, kind::small);
  s.check_asked_over(1, 2, kind::large);
  s.until_down(1);
  s.check_asked_over(2, 3, kind::large);
  s.until_down(2);
  s.check_asked_over(0, 4, kind::small);
  auto seen = s.look();
  CHECK(seen.links.size() == 3);
  CHECK_FALSE(seen.links[0].down);
}

TEST_CASE("a link for what is large stays as long as something is asked for over it") {
  scene s(std::chrono::milliseconds(1));
  auto first = s.ask(1, kind::large);
  s.until_asked(0);
  // Each of these goes round the loop, on which the link is looked at.
  for (std::uint32_t i = 0; i < 10; ++i) s.check_asked_over(1, 2 + i, kind::small);
  CHECK_FALSE(s.look().links[0].down);
  s.answer(0);
  CHECK(scene::value_of(first) == 1);
  s.until_down(0);
}
