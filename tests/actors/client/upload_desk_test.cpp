#include "../../futures/support/started.hpp"
#include "../support/quiet_actors.hpp"
#include "support/folder.hpp"

#include <troupe/actors/client/client.hpp>
#include <troupe/actors/client/internal/local_client.hpp>
#include <troupe/actors/runtime/simulated_loop.hpp>
#include <troupe/actors/scheduler/internal/local_scheduler.hpp>
#include <troupe/actors/worker/internal/worker_actor.hpp>
#include <troupe/futures/manual_executor.hpp>
#include <troupe/futures/sleep_for.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// What a scheduler does with the uploads of several clients at once, and with those that come to no end.
namespace {

using namespace std::chrono_literals;
using namespace troupe;
using namespace troupe::detail;
using troupe::test::quiet_scheduler;
using troupe::test::quiet_worker;

std::string digest_of(char content) { return std::string(64, content); }

struct silent_client final : client_actor {
  void on(client_news&&) override {}
  void on(cluster_changed&&) override {}
};

/// What lies under each name, and how long each content takes to get there.
struct files {
  std::map<std::string, duration> takes;
  std::map<std::string, std::string> named;
};

/// Has every content already, and names it after a while.
class naming_worker final : public quiet_worker {
 public:
  using quiet_worker::on;
  explicit naming_worker(std::shared_ptr<files> known) : files_(std::move(known)) {}
  task<upload_state> on(give_upload&& given) override {
    auto what = std::move(given.what);
    co_await sleep_for(files_->takes[what.digest]);
    files_->named[what.name] = what.digest;
    co_return upload_state{};
  }

 private:
  std::shared_ptr<files> files_;
};

/// A scheduler with two workers and a client.
class desk {
 public:
  desk() {
    scheduler_ = in.spawn<local_scheduler>(scheduler_options(), nullptr);
    client_ = in.spawn<silent_client>();
    scheduler_.send(attach_client{client_, "client", ""});
    for (auto* where : {&first, &second}) {
      *where = std::make_shared<files>();
      worker_info info;
      info.name = where == &first ? "first" : "second";
      info.threads = 1;
      scheduler_.send(attach_worker{in.spawn<naming_worker>(*where), std::move(info), {}});
    }
    in.run();
  }

  [[nodiscard]] future<query_result> ask(decltype(query::what) what) {
    query made;
    made.from = client_.id();
    made.what = std::move(what);
    auto asked = scheduler_.ask(std::move(made));
    in.run();
    return asked;
  }
  /// All but the end of it.
  void send(upload_info const& what, std::uint64_t sender) {
    CHECK(ask(begin_upload{what, sender}).get().offset == 0);
    ask(send_upload{what.digest, 0, {buffer(std::size_t(what.size))}}).get();
  }

  simulated_loop in;
  std::shared_ptr<files> first, second;

 private:
  actor_ref<scheduler_actor> scheduler_;
  actor_ref<silent_client> client_;
};

upload_info about(char content, std::uint64_t size = 3, std::string name = "data") {
  return {digest_of(content), std::move(name), size, upload_kind::file};
}

/// Of a scheduler: what it is told of uploads. It answers no piece.
struct told {
  std::vector<begin_upload> begun;
  std::vector<send_upload> pieces;
  std::vector<give_up_upload> given_up;
};

class deaf_scheduler final : public quiet_scheduler {
 public:
  using quiet_scheduler::on;
  explicit deaf_scheduler(std::shared_ptr<told> noted) : told_(std::move(noted)) {}
  task<query_result> on(query&& asked) override {
    if (auto* begun = std::get_if<begin_upload>(&asked.what)) told_->begun.push_back(*begun);
    if (auto* given_up = std::get_if<give_up_upload>(&asked.what)) told_->given_up.push_back(*given_up);
    if (auto* piece = std::get_if<send_upload>(&asked.what)) {
      told_->pieces.push_back(std::move(*piece));
      co_await sleep_for(1h);
    }
    co_return query_result{};
  }

 private:
  std::shared_ptr<told> told_;
};

}  // namespace

TEST_CASE("of two uploads under one name the same one stays on every worker, whichever each is faster with") {
  desk on;
  on.first->takes = {{digest_of('a'), 1ms}, {digest_of('b'), 2ms}};
  on.second->takes = {{digest_of('a'), 2ms}, {digest_of('b'), 1ms}};
  on.send(about('a'), 1);
  on.send(about('b'), 2);
  auto one = on.ask(finish_upload{about('a'), 1});
  auto other = on.ask(finish_upload{about('b'), 2});
  on.in.advance(10ms);
  CHECK(one.get().names.size() == 2);
  CHECK(other.get().names.size() == 2);
  CHECK(on.first->named["data"] == digest_of('b'));
  CHECK(on.second->named["data"] == digest_of('b'));
}

TEST_CASE("uploads under different names do not wait for each other") {
  desk on;
  on.first->takes = {{digest_of('a'), 1h}};
  on.send(about('a', 3, "slow"), 1);
  on.send(about('b', 3, "fast"), 2);
  auto slow = on.ask(finish_upload{about('a', 3, "slow"), 1});
  auto fast = on.ask(finish_upload{about('b', 3, "fast"), 2});
  CHECK(fast.done());
  CHECK_FALSE(slow.done());
  on.in.advance(1h);
  CHECK(slow.done());
}

TEST_CASE("an upload whose client gave up waiting for its end still keeps the next one of its name back") {
  desk on;
  on.first->takes = {{digest_of('a'), 2ms}, {digest_of('b'), 0ms}};
  on.send(about('a'), 1);
  on.send(about('b'), 2);
  auto one = on.ask(finish_upload{about('a'), 1});
  one.cancel();
  auto other = on.ask(finish_upload{about('b'), 2});
  on.in.advance(10ms);
  CHECK(other.get().names.size() == 2);
  CHECK(on.first->named["data"] == digest_of('b'));
  CHECK(on.second->named["data"] == digest_of('b'));
}

TEST_CASE("what was reserved for an upload is free again when its client gives it up") {
  desk on;
  auto most = upload_limit;
  on.ask(begin_upload{about('a', most), 1}).get();
  CHECK_THROWS_AS(on.ask(begin_upload{about('b', 1), 2}).get(), error);
  on.ask(give_up_upload{digest_of('a'), 1}).get();
  CHECK(on.ask(begin_upload{about('b', most), 2}).get().offset == 0);
}

TEST_CASE("of two uploads of one content the one goes on when the other is given up, or has ended") {
  desk on;
  on.send(about('a', 3, "one"), 1);
  CHECK(on.ask(begin_upload{about('a', 3, "two"), 2}).get().offset == 3);
  CHECK(on.ask(begin_upload{about('a', 3, "three"), 3}).get().offset == 3);
  for (int again = 0; again < 2; ++again) on.ask(give_up_upload{digest_of('a'), 1}).get();
  CHECK(on.ask(finish_upload{about('a', 3, "two"), 2}).get().names.size() == 2);
  CHECK(on.ask(finish_upload{about('a', 3, "three"), 3}).get().names.size() == 2);
}

TEST_CASE("a client that gives up an upload in its midst says so to the scheduler") {
  test::folder here;
  auto noted = std::make_shared<told>();
  manual_executor runs;
  auto background = std::make_shared<manual_executor>();
  simulated_loop in;
  auto scheduler = in.spawn<deaf_scheduler>(noted);
  auto opened = make_intrusive<session>(scheduler, background, session::reach::other_processes);
  opened->set_actor(in.spawn<local_client>(opened, actor_ref<scheduler_actor>(scheduler), std::string("client")));
  auto path = here.write("data", "x");
  auto client = make_client(opened, {});
  test::started uploading(runs, client.upload_file(path));
  auto run_all = [&] {
    for (int turns = 0; turns < 5; ++turns) {
      runs.run();
      background->run();
      in.run();
    }
  };
  run_all();
  REQUIRE(noted->pieces.size() == 1);
  CHECK(noted->given_up.empty());
  uploading.request_stop();
  run_all();
  REQUIRE(uploading.ended());
  REQUIRE(noted->given_up.size() == 1);
  CHECK(noted->given_up[0].digest == noted->begun.at(0).what.digest);
  CHECK(noted->given_up[0].sender == noted->begun.at(0).sender);
  opened->ask_to_close();
  in.run();
}
