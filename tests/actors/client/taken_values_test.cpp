#include "../../futures/support/started.hpp"
#include "../support/quiet_actors.hpp"

#include <troupe/actors/client/client.hpp>
#include <troupe/actors/client/internal/local_client.hpp>
#include <troupe/actors/runtime/simulated_loop.hpp>
#include <troupe/futures/manual_executor.hpp>

#include <catch2/catch.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

/// What a session says to a scheduler about values with handles of actors, and in which order.
namespace {

using namespace troupe;
using namespace troupe::detail;
using troupe::test::quiet_scheduler;
using words = std::vector<std::string>;

class nobody {};
using handle = remote_actor<nobody>;

int number(int n) { return n; }

/// Takes so long to be read that the loop meanwhile does all it has to do.
struct read_slowly {
  static inline simulated_loop* meanwhile = nullptr;
  handle of;

  friend void encode(encoder& out, read_slowly const& value) { troupe::encode(out, value.of); }
  friend read_slowly decode(decoder& in, std::type_identity<read_slowly>) {
    meanwhile->run();
    return {troupe::decode<handle>(in)};
  }
};

/// Has the handle of one actor in each of its values, and notes what it hears of that.
class noting_scheduler final : public quiet_scheduler {
 public:
  using quiet_scheduler::on;
  explicit noting_scheduler(std::shared_ptr<words> heard) : heard_(std::move(heard)) {}
  void on(client_batch&& batch) override {
    for (auto const& event : batch.events)
      if (auto const* submit = std::get_if<to_scheduler::submit>(&event))
        for (auto const& task : submit->tasks)
          if (task.key == "actor") heard_->push_back("held");
  }
  task<query_result> on(query&& asked) override {
    query_result answer;
    auto const& wish = std::get<coordinate>(asked.what);
    if (wish.what == coordinate::kind::taken) heard_->push_back("taken");
    if (wish.what == coordinate::kind::give_up) heard_->push_back("given up");
    encoder out;
    out.write_string("actor");
    answer.bytes = {buffer::copy_of(out.bytes())};
    answer.names = {"actor"};
    co_return answer;
  }

 private:
  std::shared_ptr<words> heard_;
};

struct stand {
  stand() {
    opened->set_actor(in.spawn<local_client>(opened, actor_ref<scheduler_actor>(scheduler), std::string("client")));
  }
  ~stand() {
    opened->ask_to_close();
    in.run();
  }
  stand(stand const&) = delete;
  stand& operator=(stand const&) = delete;

  [[nodiscard]] client made() const { return make_client(opened, {}); }

  std::shared_ptr<words> heard = std::make_shared<words>();
  simulated_loop in;
  actor_ref<noting_scheduler> scheduler = in.spawn<noting_scheduler>(heard);
  intrusive_ptr<session> opened =
      make_intrusive<session>(scheduler, std::make_shared<manual_executor>(), session::reach::other_processes);
};

/// More than a session says in one turn.
constexpr int many = 3000;

void check_that_it_is_held_first(task<handle> coming, stand& s) {
  s.in.run();
  CHECK(s.heard->empty());
  std::vector<future<int>> before;
  for (int i = 0; i < many; ++i) before.push_back(s.made().submit<number>(i));
  manual_executor runs;
  test::started reading(runs, std::move(coming));
  runs.run();
  REQUIRE(reading.ended());
  auto read = reading.result();
  CHECK(read.key() == "actor");
  s.in.run();
  REQUIRE(s.heard->size() >= 2);
  CHECK(s.heard->front() == "held");
  CHECK(s.heard->back() == "taken");
}

}  // namespace

TEST_CASE("that a value was taken is said behind all that holds its actors, however much goes before") {
  stand s;
  SECTION("an item") { check_that_it_is_held_first(s.made().queue<handle>("q").get(), s); }
  SECTION("a variable") { check_that_it_is_held_first(s.made().variable<handle>("v").get(), s); }
}

TEST_CASE("the actors whose handles are in a value are held before that is read, which may take long") {
  stand s;
  read_slowly::meanwhile = &s.in;
  auto coming = s.made().queue<read_slowly>("q").get();
  s.in.run();
  manual_executor runs;
  test::started reading(runs, std::move(coming));
  runs.run();
  REQUIRE(reading.ended());
  auto read = reading.result();
  s.in.run();
  CHECK(*s.heard == words{"held", "taken", "held"});
}

TEST_CASE("a value with handles that nobody reads is given up") {
  stand s;
  {
    auto unread = s.made().variable<handle>("v").get();
    s.in.run();
  }
  s.in.run();
  CHECK(*s.heard == words{"given up"});
}
