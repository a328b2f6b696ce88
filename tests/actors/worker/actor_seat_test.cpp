#include <troupe/actors/client/internal/session.hpp>
#include <troupe/actors/functions/actor_method.hpp>
#include <troupe/actors/functions/typed_call.hpp>
#include <troupe/actors/worker/internal/actor_seats.hpp>
#include <troupe/actors/worker/internal/execution.hpp>
#include <troupe/futures/promise.hpp>
#include <troupe/net/codec/codec.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace {

using namespace troupe::detail;
using troupe::task_id;

/// Writes down who called, and who was inside meanwhile.
class diary {
 public:
  int note(int page) {
    if (inside_.exchange(true)) throw troupe::error("two at a time");
    pages_.push_back(page);
    inside_ = false;
    return int(pages_.size());
  }
  std::vector<int> pages() const { return pages_; }

 private:
  std::atomic<bool> inside_{false};
  std::vector<int> pages_;
};

/// Where the answer to one call comes.
class reply final : public call_answer {
 public:
  void succeed(value_ptr value, handles_lent /*handles*/) noexcept override { value_.set_value(std::move(value)); }
  void fail(std::exception_ptr error, call_failure how) noexcept override {
    how_ = how;
    value_.set_error(std::move(error));
  }
  template <class T>
  T get() {
    return value_cast<T>(*value_.get_future().get());
  }
  std::string problem() {
    auto f = value_.get_future();
    try {
      static_cast<void>(f.get());
    } catch (troupe::error const& e) {
      return e.what();
    }
    return "none";
  }
  [[nodiscard]] call_failure how() const { return how_; }

 private:
  troupe::promise<value_ptr> value_;
  call_failure how_ = call_failure::failed;
};

class worker {
 public:
  explicit worker(std::uint32_t threads = 4) {
    services.name = "worker";
    services.pool = std::make_shared<thread_pool>("seats", threads);
    services.wake = [](bool) {};
  }
  worker(worker const&) = delete;
  worker& operator=(worker const&) = delete;
  ~worker() { services.pool->join(); }

  intrusive_ptr<actor_seat> seat(task_id id) {
    auto made = make_intrusive<actor_seat>(services, id, "diary-1", std::make_unique<seated<diary>>(std::in_place),
                                           actor_plan());
    services.seats.put(made);
    return made;
  }

  worker_services services;
};

constexpr task_id some_actor{3, 7};

template <auto Method, class T = diary, class... Args>
actor_call call(reply& to, Args... arguments) {
  using method = actor_method<T, Method, typename without_object<decltype(Method)>::parameters>;
  return {some_actor, bind_call(method{}, arguments...).call, answer_slot(to)};
}

}  // namespace

TEST_CASE("a seat runs the calls that were posted one at a time, in their order") {
  worker w;
  auto seat = w.seat(some_actor);
  std::vector<std::unique_ptr<reply>> replies;
  for (int i = 0; i < 500; ++i) {
    replies.push_back(std::make_unique<reply>());
    seat->post(call<&diary::note>(*replies.back(), i));
  }
  for (int i = 0; i < 500; ++i) REQUIRE(replies[std::size_t(i)]->get<int>() == i + 1);
  reply all;
  seat->post(call<&diary::pages>(all));
  auto pages = all.get<std::vector<int>>();
  for (int i = 0; i < 500; ++i) REQUIRE(pages[std::size_t(i)] == i);
}

TEST_CASE("an object that is called as another class is an error that names both") {
  class other {
   public:
    int nothing() { return 0; }
  };
  worker w;
  auto seat = w.seat(some_actor);
  reply wrong;
  seat->post(call<&other::nothing, other>(wrong));
  CHECK_THAT(wrong.problem(), Catch::Contains("diary") && Catch::Contains("other"));
}

TEST_CASE("seats are found by the task that made them until it is freed") {
  worker w;
  auto seat = w.seat(some_actor);
  CHECK(w.services.seats.find(some_actor) == seat);
  CHECK_FALSE(w.services.seats.find({3, 8}));
  w.services.seats.drop(some_actor);
  CHECK_FALSE(w.services.seats.find(some_actor));
  w.services.seats.drop(some_actor);
  reply late;
  seat->post(call<&diary::note>(late, 1));
  CHECK_THAT(late.problem(), Catch::Contains("actor diary-1 is gone"));
  CHECK(late.how() == call_failure::failed);
}

TEST_CASE("a worker that leaves takes no actors any more") {
  worker w;
  auto before = w.seat(some_actor);
  w.services.seats.close();
  auto after = w.seat({4, 1});
  for (auto const& seat : {before, after}) {
    reply late;
    seat->post(call<&diary::note>(late, 1));
    CHECK_THAT(late.problem(), Catch::Contains("its worker leaves"));
    CHECK(late.how() == call_failure::undelivered);
  }
  CHECK(w.services.seats.idle());
}

TEST_CASE("a call that is dropped on its way is answered as undelivered") {
  reply answer;
  {
    auto dropped = call<&diary::note>(answer, 1);
  }
  CHECK(answer.how() == call_failure::undelivered);
  CHECK_THAT(answer.problem(), Catch::Contains("gone"));
}
