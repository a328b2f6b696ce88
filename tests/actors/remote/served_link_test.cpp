#include "../../net/link/recording_handler.hpp"
#include "../support/quiet_actors.hpp"

#include <troupe/actors/client/internal/client_actor.hpp>
#include <troupe/actors/functions/registry.hpp>
#include <troupe/actors/functions/typed_call.hpp>
#include <troupe/actors/remote/internal/remote_peers.hpp>
#include <troupe/actors/remote/internal/remote_scheduler.hpp>
#include <troupe/actors/remote/internal/scheduler_port.hpp>
#include <troupe/actors/runtime/internal/asio_loop.hpp>
#include <troupe/actors/runtime/runtime.hpp>
#include <troupe/actors/scheduler/internal/local_scheduler.hpp>
#include <troupe/actors/scheduler/internal/scheduler_functions.hpp>
#include <troupe/actors/worker/internal/worker_actor.hpp>
#include <troupe/futures/errors.hpp>
#include <troupe/futures/promise.hpp>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

/// A scheduler, as seen by those who accept little.
namespace {

using namespace troupe;
using namespace troupe::detail;
using Catch::Matchers::Contains;
using troupe::test::quiet_scheduler;
using troupe::test::quiet_worker;

std::string text_of_size(std::size_t size) { return std::string(size, 't'); }
std::size_t length_of(std::string const& text) { return text.size(); }
std::string fail_at_length(std::size_t size) { throw error(std::string(size, 'e')); }

struct scene {
  scene() = default;
  ~scene() {
    in.close();
    functions->close();
  }
  scene(scene const&) = delete;
  scene& operator=(scene const&) = delete;

  actor_ref<remote_scheduler> join(std::string name, std::uint64_t message_limit) {
    link_options options;
    options.message_limit = message_limit;
    auto self = test::hello_of(std::move(name), 2);
    auto address = port.ask(scheduler_port::get_address{}).get();
    return in.loop().spawn<remote_scheduler>(connect_link(in.loop(), address, self, options).get(), self, options);
  }

  std::shared_ptr<scheduler_functions> functions = std::make_shared<scheduler_functions>("a test");
  runtime in;
  actor_ref<scheduler_actor> scheduler = in.loop().spawn<local_scheduler>(scheduler_options{}, functions);
  actor_ref<scheduler_port> port = in.loop().spawn<scheduler_port>(
      scheduler, "tcp://127.0.0.1:0", test::hello_of("scheduler", 1, link_role::scheduler));
};

/// Does nothing but tell the test who has come, and what.
class told_scheduler final : public quiet_scheduler {
 public:
  using quiet_scheduler::on;
  struct seen {
    promise<actor_ref<client_actor>> client;
    promise<attach_worker> worker;
    promise<worker_news> news;
    std::atomic<int> waiting = 0;
    std::atomic<int> given_up = 0;
    std::atomic<int> relayed = 0;
    std::atomic<int> fails_at = 0;
  };
  explicit told_scheduler(std::shared_ptr<seen> by) : by_(std::move(by)) {}
  void on(attach_client&& message) override { by_->client.set_value(message.client); }
  void on(attach_worker&& message) override { by_->worker.set_value(std::move(message)); }
  void on(worker_news&& news) override { by_->news.set_value(std::move(news)); }
  task<cluster_info> on(get_info) override {
    auto never = never_.emplace_back().get_future();
    ++by_->waiting;
    try {
      co_await std::move(never);
    } catch (cancelled_error const&) {
      ++by_->given_up;
    }
    co_return cluster_info{};
  }
  /// As if any two were as many as are wanted at once.
  task<std::vector<value_ptr>> on(relay_values const& request) override {
    ++by_->relayed;
    if (request.at_most == 0) throw error("so much cannot be held");
    std::vector<value_ptr> values;
    for (auto task : request.tasks)
      if (values.size() < 2) values.emplace_back(new value_box<int>(std::in_place, int(task.index)));
    if (by_->relayed == by_->fails_at) throw error("lost meanwhile");
    co_return values;
  }

 private:
  std::shared_ptr<seen> by_;
  std::vector<promise<void>> never_;
};

/// Writes down what comes for it.
class told_client final : public client_actor {
 public:
  struct seen {
    std::mutex mutex;
    std::vector<client_news_item> items;
    [[nodiscard]] std::vector<client_news_item> look() {
      std::scoped_lock lock(mutex);
      return items;
    }
  };
  explicit told_client(std::shared_ptr<seen> by) : by_(std::move(by)) {}
  void on(client_news&& news) override {
    std::scoped_lock lock(by_->mutex);
    for (auto& item : news.items) by_->items.push_back(std::move(item));
  }
  void on(cluster_changed&&) override {}

 private:
  std::shared_ptr<seen> by_;
};

class told_worker final : public quiet_worker {
 public:
  using quiet_worker::on;
  struct seen {
    std::mutex mutex;
    std::vector<attempt_id> attempts;
    std::size_t calls = 0;
    std::size_t peers = 0;
    [[nodiscard]] std::size_t count() {
      std::scoped_lock lock(mutex);
      return attempts.size();
    }
  };
  explicit told_worker(std::shared_ptr<seen> by) : by_(std::move(by)) {}
  void on(compute_batch&& batch) override {
    std::scoped_lock lock(by_->mutex);
    for (auto const& order : batch.orders) by_->attempts.push_back(order.attempt);
    by_->calls += batch.calls.size();
    by_->peers += batch.peers.size();
  }

 private:
  std::shared_ptr<seen> by_;
};

/// A worker that announces one digest and, when it is asked, tells a list.
class announcing_worker final : public actor, private link_handler {
 public:
  struct told {
    promise<void> asked_for_list;
    promise<std::string> refusal;
    promise<std::string> down;
  };
  announcing_worker(link_ptr over, std::uint64_t digest, std::vector<function_identity> list, std::shared_ptr<told> by)
      : link_(std::move(over)), digest_(digest), list_(std::move(list)), by_(std::move(by)) {
    link_->set_handler(this);
    wire_writer out(scratch_);
    out.put(worker_info{"announcer", 1, 0, ""});
    out.put(digest_);
    out.put(worker_life{});
    out.send(*link_, wire_type::attach_worker);
  }
  ~announcing_worker() override {
    link_->set_handler(nullptr);
    link_->close("the test ends");
  }

 private:
  void on_message(std::uint16_t type, std::span<std::byte const> body, std::vector<buffer> attachments) override {
    wire_reader in(body, std::move(attachments));
    if (wire_type(type) == wire_type::get_functions) {
      by_->asked_for_list.set_value();
      wire_writer out(scratch_);
      out.put(digest_);
      out.put(list_);
      out.send(*link_, wire_type::functions);
    } else if (wire_type(type) == wire_type::worker_welcome) {
      static_cast<void>(in.get<worker_id>());
      by_->refusal.set_value(in.get<std::string>());
    }
  }
  void on_down(std::string const& reason) override { by_->down.set_value(reason); }

  link_ptr link_;
  encoder scratch_;
  std::uint64_t digest_;
  std::vector<function_identity> list_;
  std::shared_ptr<told> by_;
};

/// What is between two told actors.
struct told_scene {
  told_scene() = default;
  ~told_scene() { in.close(); }
  told_scene(told_scene const&) = delete;
  told_scene& operator=(told_scene const&) = delete;

  actor_ref<remote_scheduler> join(link_role role, std::uint64_t message_limit) {
    link_options options;
    options.message_limit = message_limit;
    auto self = test::hello_of("narrow", 2, role);
    auto address = port.ask(scheduler_port::get_address{}).get();
    return in.loop().spawn<remote_scheduler>(connect_link(in.loop(), address, self, options).get(), self, options);
  }
  std::shared_ptr<announcing_worker::told> announce(std::uint64_t digest, std::vector<function_identity> list) {
    auto told = std::make_shared<announcing_worker::told>();
    auto self = test::hello_of("announcer", 2, link_role::worker);
    auto link = connect_link(in.loop(), port.ask(scheduler_port::get_address{}).get(), self, {}).get();
    announcers.push_back(in.loop().spawn<announcing_worker>(std::move(link), digest, std::move(list), told));
    return told;
  }
  /// A client of what accepts so much, as the scheduler sees it.
  actor_ref<client_actor> client(std::uint64_t message_limit) {
    auto over = join(link_role::client, message_limit);
    over.send(attach_client{in.loop().spawn<told_client>(at_client), "client", ""});
    return seen->client.get_future().get();
  }

  std::shared_ptr<told_scheduler::seen> seen = std::make_shared<told_scheduler::seen>();
  std::shared_ptr<told_client::seen> at_client = std::make_shared<told_client::seen>();
  std::shared_ptr<told_worker::seen> at_worker = std::make_shared<told_worker::seen>();
  runtime in;
  actor_ref<scheduler_actor> scheduler = in.loop().spawn<told_scheduler>(seen);
  actor_ref<scheduler_port> port = in.loop().spawn<scheduler_port>(
      scheduler, "tcp://127.0.0.1:0", test::hello_of("scheduler", 1, link_role::scheduler));
  std::vector<actor_ref<announcing_worker>> announcers;
};

value_ptr encoded_text(std::size_t size) {
  value_ptr made(new value_box<std::string>(std::in_place, text_of_size(size)));
  return make_encoded_value(pack(made), size);
}

call_ptr call_with(std::string text) {
  auto bound = bind_call(function_tag<&length_of>{}, std::move(text));
  return make_encoded_call(bound.call->function(), pack(bound.call));
}

template <auto F>
run_call call_of(std::size_t size) {
  auto bound = bind_call(function_tag<F>{}, size);
  return {{}, make_encoded_call(bound.call->function(), pack(bound.call)), false};
}

}  // namespace

TEST_CASE("what a function of the scheduler throws is cut to what its caller accepts") {
  scene s;
  auto narrow = s.join("narrow", 4096);
  CHECK_THROWS_WITH(narrow.ask(call_of<&fail_at_length>(100'000)).get(), Contains(std::string(2048, 'e')));
  CHECK_THROWS_WITH(narrow.ask(call_of<&fail_at_length>(3)).get(), Contains("eee"));
}

TEST_CASE("a result of the scheduler's functions that its caller does not accept fails the call alone") {
  scene s;
  // The reason names it.
  auto narrow = s.join(std::string(6000, 'n'), 4096);
  CHECK_THROWS_WITH(narrow.ask(call_of<&text_of_size>(100'000)).get(), Contains("a message of"));
  CHECK(value_cast<std::string>(*narrow.ask(call_of<&text_of_size>(3)).get()) == "ttt");
}

TEST_CASE("news that are too many for one message come in several, and what is too large for any comes as an error") {
  told_scene s;
  auto client = s.client(4096);
  client_news news;
  for (std::uint32_t i = 0; i < 20; ++i) {
    auto size = i == 7 ? std::size_t{8000} : std::size_t{500};
    news.items.emplace_back(finished_news{{i, 1}, encoded_text(size), nullptr, {}, size});
  }
  news.items.emplace_back(failed_news{{20, 1}, std::make_exception_ptr(error(std::string(10'000, 'e')))});
  news.items.emplace_back(cancelled_news{{21, 1}});
  client.send(std::move(news));
  while (s.at_client->look().size() < 22) std::this_thread::yield();
  auto came = s.at_client->look();
  for (std::uint32_t i = 0; i < 22; ++i)
    CHECK(std::visit([](auto const& item) { return item.ref; }, came[i]) == client_ref{i, 1});
  CHECK(std::get<finished_news>(came[6]).value);
  CHECK_THROWS_WITH(std::rethrow_exception(std::get<failed_news>(came[7]).error),
                    Contains("cannot be sent to its client") && Contains("accepts at most 4096"));
  CHECK_THROWS_WITH(std::rethrow_exception(std::get<failed_news>(came[20]).error), std::string(2048, 'e'));
}

TEST_CASE("a scheduler passes values on in slices, which are one answer to who asked") {
  told_scene s;
  auto over = s.join(link_role::client, 1'000'000);
  std::vector<task_id> tasks{{3, 1}, {4, 1}, {5, 1}, {6, 1}, {7, 1}};
  auto const values = over.ask(relay_values{{}, tasks}).get();
  REQUIRE(values.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) CHECK(value_cast<int>(*values[i]) == int(3 + i));
  CHECK(s.seen->relayed == 3);
  CHECK(over.ask(relay_values{{}, {}}).get().empty());
  s.seen->fails_at = 6;
  CHECK_THROWS_WITH(over.ask(relay_values{{}, tasks}).get(), "lost meanwhile");
  CHECK(s.seen->relayed == 6);
}

TEST_CASE("who gives up waiting for workers is forgotten at both ends") {
  told_scene s;
  auto over = s.join(link_role::client, 1'000'000);
  auto wait = [&](int count) {
    auto asked = over.ask(get_info{3});
    while (s.seen->waiting < count) std::this_thread::yield();
    return asked;
  };
  SECTION("because its time is up") {
    auto asked = wait(1);
    asked.cancel();
    while (s.seen->given_up < 1) std::this_thread::yield();
    CHECK_THROWS_AS(asked.get(), cancelled_error);
    // The link goes on, and so do others who wait.
    auto other = wait(2);
    CHECK_FALSE(other.done());
    CHECK(s.seen->given_up == 1);
  }
  SECTION("because its process leaves") {
    auto asked = wait(1);
    over.kill();
    while (s.seen->given_up < 1) std::this_thread::yield();
  }
}

TEST_CASE("orders that are too many for one message come in several, and what is too large for any fails alone") {
  told_scene s;
  auto over = s.join(link_role::worker, 20'000);
  over.send(attach_worker{s.in.loop().spawn<told_worker>(s.at_worker), worker_info{"worker-0", 1, 0, ""}, {}, {}});
  auto joined = s.seen->worker.get_future().get();
  CHECK(joined.epoch == 2);
  joined.worker.send(worker_welcome{{3}, {}});
  compute_batch batch;
  batch.peers.push_back(std::make_shared<worker_place const>(worker_place{{5}, joined.worker, "worker-5", "", 1}));
  for (std::uint32_t i = 0; i < 100; ++i) {
    auto& order = batch.orders.emplace_back();
    order.task = {i, 1};
    order.attempt = attempt_id{i + 1};
    batch.calls.push_back(call_with(text_of_size(i == 42 ? 30'000 : 1000)));
  }
  joined.worker.send(std::move(batch));
  auto news = s.seen->news.get_future().get();
  CHECK(news.worker == worker_id{3});
  REQUIRE(news.report.failed.size() == 1);
  CHECK(news.report.failed.front().attempt == attempt_id{43});
  CHECK_THROWS_WITH(std::rethrow_exception(news.errors.at(0)),
                    Contains("cannot be sent to worker worker-0") && Contains("accepts at most 20000"));
  while (s.at_worker->count() < 99) std::this_thread::yield();
  std::scoped_lock lock(s.at_worker->mutex);
  CHECK(std::is_sorted(s.at_worker->attempts.begin(), s.at_worker->attempts.end()));
  CHECK(s.at_worker->calls == 99);
  CHECK(s.at_worker->peers == 1);
}

TEST_CASE("a list of functions is taken once for all who announce its digest, and one of another digest is refused") {
  told_scene s;
  std::vector<function_identity> const list{{"f", "i32()"}, {"g", "i32()"}};
  auto const digest = digest_of(list);
  auto lies = s.announce(digest, {{"f", "i32()"}});
  auto found = digest_of(std::vector<function_identity>{{"f", "i32()"}});
  auto const why =
      fmt::format("announced functions of the digest {:016x} and told such of the digest {:016x}", digest, found);
  CHECK_THAT(lies->refusal.get_future().get(), Contains(why));
  CHECK_THAT(lies->down.get_future().get(), Contains(why));

  // Nothing was kept of it, nor of whoever said nothing true.
  auto honest = s.announce(digest, list);
  honest->asked_for_list.get_future().get();
  auto joined = s.seen->worker.get_future().get();
  REQUIRE(joined.program.functions);
  CHECK(*joined.program.functions == program_functions{{"f", {"i32()"}}, {"g", {"i32()"}}});

  s.seen->worker = promise<attach_worker>();
  auto second = s.announce(digest, {});
  CHECK(s.seen->worker.get_future().get().program.functions == joined.program.functions);
  CHECK_FALSE(second->asked_for_list.get_future().done());
}
