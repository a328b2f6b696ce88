#pragma once

#include "../../../net/link/fault_loopback.hpp"
#include "../../../net/link/recording_handler.hpp"
#include "../../support/quiet_actors.hpp"

#include <troupe/actors/functions/typed_call.hpp>
#include <troupe/actors/functions/value.hpp>
#include <troupe/actors/remote/internal/remote_peers.hpp>
#include <troupe/actors/remote/internal/value_server.hpp>
#include <troupe/actors/runtime/simulated_loop.hpp>
#include <troupe/futures/promise.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troupe::test {

/// From these indices on the value of a task is asked for as what is large, and is so large that it would be even if
/// nobody knew.
constexpr std::uint32_t first_large = 1'000'000, first_huge = 2'000'000;

inline std::vector<double> numbers_of(std::uint32_t task) {
  return std::vector<double>(task < first_large ? 10 : task < first_huge ? 5'000 : 150'000, double(task));
}

inline std::vector<detail::value_ptr> values_of(std::vector<task_id> const& tasks) {
  std::vector<detail::value_ptr> values;
  for (auto task : tasks)
    values.emplace_back(new detail::value_box<std::vector<double>>(std::in_place, numbers_of(task.index)));
  return values;
}

inline int inc(int n) { return n + 1; }

/// A worker that has every value and every actor. What an attempt makes is there when it is told.
class giving_worker final : public quiet_worker {
 public:
  using quiet_worker::on;
  struct seen {
    /// Of the tasks whose actors were called.
    std::vector<std::uint32_t> calls;
    std::vector<promise<void>> made;
    /// Its answers bring handles, which it keeps by this until they were taken.
    std::shared_ptr<int> lends;
  };
  explicit giving_worker(std::shared_ptr<seen> by) : by_(std::move(by)) {}

  task<std::vector<detail::value_ptr>> on(detail::get_values const& request) override {
    return give(request.tasks, bool(request.maker));
  }
  void on(detail::actor_calls&& batch) override {
    for (auto& call : batch.calls) {
      by_->calls.push_back(call.actor.index);
      detail::value_ptr answer(new detail::value_box<int>(std::in_place, inc(int(call.actor.index))));
      detail::handles_lent handles;
      if (by_->lends) handles = {{"an actor"}, by_->lends};
      call.answer.succeed(std::move(answer), std::move(handles));
    }
  }

 private:
  task<std::vector<detail::value_ptr>> give(std::vector<task_id> tasks, bool in_the_making) {
    if (in_the_making) {
      auto made = by_->made.emplace_back().get_future();
      co_await std::move(made);
    }
    co_return values_of(tasks);
  }

  std::shared_ptr<seen> by_;
};

/// Says of a call how it ended.
struct ended_call final : detail::call_answer {
  void succeed(detail::value_ptr value, detail::handles_lent with) noexcept override {
    ++times;
    result = detail::value_cast<int>(*value);
    handles = std::move(with);
  }
  void fail(std::exception_ptr, detail::call_failure how) noexcept override {
    ++times;
    failure = how;
  }
  int times = 0;
  int result = 0;
  detail::call_failure failure{};
  detail::handles_lent handles;
};

/// Has every value, too, as the last resort, and passes no call on.
class relaying_scheduler final : public quiet_scheduler {
 public:
  using quiet_scheduler::on;
  explicit relaying_scheduler(std::shared_ptr<std::size_t> relayed) : relayed_(std::move(relayed)) {}
  task<std::vector<detail::value_ptr>> on(detail::relay_values const& request) override { return give(request.tasks); }

 private:
  task<std::vector<detail::value_ptr>> give(std::vector<task_id> tasks) {
    ++*relayed_;
    co_return values_of(tasks);
  }

  std::shared_ptr<std::size_t> relayed_;
};

/// Some workers, and one who asks them, joined by wires that break as planned, in virtual time.
class wired_workers {
 public:
  struct worker {
    std::shared_ptr<giving_worker::seen> seen = std::make_shared<giving_worker::seen>();
    actor_ref<giving_worker> actor;
    actor_ref<detail::value_server> server;
    detail::intrusive_ptr<detail::acceptor> listens;
    actor_ref<detail::remote_peer> peer;
    /// The n-th link that is opened to it has the n-th plan, the others what is usual.
    std::vector<std::vector<faults>> plans;
    std::vector<detail::intrusive_ptr<fault_dialer>> dials;
    std::size_t accepted = 0;
  };

  explicit wired_workers(std::size_t count, std::size_t most_links = 512, std::uint64_t seed = 0,
                         detail::link_options with = {})
      : in(seed), options(with), links(std::make_shared<detail::peer_links>(most_links)) {
    scheduler = in.spawn<relaying_scheduler>(relayed);
    for (std::size_t i = 0; i < count; ++i) add(i);
    in.run();
  }
  /// Everything ends in order: nothing is left that the loop would still run.
  ~wired_workers() {
    for (auto& w : all) {
      w.peer.kill();
      w.server.kill();
    }
    in.advance(std::chrono::minutes(2));
    CHECK(context.residents() == 0);
    CHECK(links->size() == 0);
    in.close();
  }
  wired_workers(wired_workers const&) = delete;
  wired_workers& operator=(wired_workers const&) = delete;

  future<std::vector<detail::value_ptr>> ask(std::size_t of, std::uint32_t task) {
    return all[of].peer.ask(detail::get_values{{{task, 1}}, {}, task >= first_large});
  }
  /// For what an attempt makes that has not ended.
  future<std::vector<detail::value_ptr>> ask_ahead(std::size_t of, std::uint32_t task) {
    return all[of].peer.ask(detail::get_values{{{task, 1}}, attempt_id{7}, false});
  }
  /// Of the actor that this task made.
  void call(std::size_t of, std::uint32_t actor, ended_call& answer) {
    detail::actor_calls batch;
    auto bound = detail::bind_call(detail::function_tag<&inc>{}, 1);
    batch.calls.push_back(
        {{actor, 1}, detail::make_encoded_call(bound.call->function(), pack(bound.call)), detail::answer_slot(answer)});
    all[of].peer.send(std::move(batch));
  }
  /// Asks, lets what is due happen, and looks whether the right value came.
  void check_gives(std::size_t of, std::uint32_t task) {
    auto asked = ask(of, task);
    in.advance(std::chrono::milliseconds(100));
    check_came(asked, task);
  }
  static void check_came(future<std::vector<detail::value_ptr>> const& asked, std::uint32_t task) {
    REQUIRE(asked.done());
    auto const& got = asked.get();
    REQUIRE(got.size() == 1);
    REQUIRE(got[0]);
    REQUIRE(detail::value_cast<std::vector<double>>(*got[0]) == numbers_of(task));
  }
  [[nodiscard]] std::size_t opened(std::size_t of) const { return all[of].dials.size(); }
  [[nodiscard]] std::size_t open() const { return links->size(); }
  /// What came over all wires of the n-th link that was opened to it.
  [[nodiscard]] std::size_t came(std::size_t from, std::size_t link) const {
    std::size_t bytes = 0;
    for (auto const& wire : all[from].dials.at(link)->wires()) bytes += wire->went_back();
    return bytes;
  }

  simulated_loop in;
  detail::link_context context{in.loop()};
  detail::link_options options;
  faults usual;
  std::shared_ptr<std::size_t> relayed = std::make_shared<std::size_t>(0);
  actor_ref<relaying_scheduler> scheduler;
  std::shared_ptr<detail::peer_links> links;
  std::vector<worker> all;

 private:
  void add(std::size_t index) {
    auto name = "worker-" + std::to_string(index);
    auto& made = all.emplace_back();
    made.actor = in.spawn<giving_worker>(made.seen);
    made.server = in.spawn<detail::value_server>(
        detail::value_server::setup{name, made.actor, nullptr, hello_of(name, index + 1, detail::link_role::worker)});
    made.listens = detail::make_intrusive<detail::acceptor>(
        context, hello_of(name, index + 1, detail::link_role::worker), options,
        [](auto const&) { return std::string(); },
        [this, index](detail::link_ptr link) {
          ++all[index].accepted;
          all[index].server.send(detail::value_server::take_link{std::move(link)});
        });
    detail::remote_peer::setup with;
    with.id = {std::uint32_t(index)};
    with.name = name;
    with.address = "fault://" + name;
    with.epoch = index + 1;
    with.self = hello_of("asker", 99, detail::link_role::peer);
    with.scheduler = scheduler;
    with.links = links;
    with.connect = [this, index](event_loop&, std::string to, detail::hello self, detail::link_options) {
      return connect(index, std::move(to), std::move(self));
    };
    made.peer = in.spawn<detail::remote_peer>(std::move(with));
  }

  future<detail::link_ptr> connect(std::size_t index, std::string to, detail::hello self) {
    auto& w = all[index];
    auto plan = opened(index) < w.plans.size() ? w.plans[opened(index)] : std::vector<faults>();
    auto& dials = w.dials.emplace_back(detail::make_intrusive<fault_dialer>(
        in.loop(), std::move(plan), [this, index](detail::stream_ptr s) { all[index].listens->take(std::move(s)); }));
    dials->usual = usual;
    auto shared = std::make_shared<promise<detail::link_ptr>>();
    auto answer = shared->get_future();
    detail::make_intrusive<detail::connector>(context, dials, std::move(to), std::move(self), options, ++numbers_)
        ->start([shared](detail::link_ptr link, detail::connect_failure const& why) {
          if (link)
            shared->set_value(std::move(link));
          else
            shared->set_error(std::make_exception_ptr(error(why.reason)));
        });
    return answer;
  }

  std::uint64_t numbers_ = 0;
};

}  // namespace troupe::test
