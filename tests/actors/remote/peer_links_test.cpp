#include "support/wired_workers.hpp"

#include <troupe/actors/remote/internal/peer_links.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>

/// How many links to workers stay open, and how long.
namespace {

using namespace std::chrono_literals;
using troupe::detail::peer_links;
using troupe::test::ended_call;
using troupe::test::first_large;
using troupe::test::wired_workers;

/// Writes down that it was closed.
class told_entry final : public peer_links::entry {
 public:
  told_entry(peer_links& of, std::string name, std::string& closed)
      : of_(of), name_(std::move(name)), closed_(closed) {}
  told_entry(told_entry const&) = delete;
  told_entry& operator=(told_entry const&) = delete;
  ~told_entry() { of_.gone(*this); }
  [[nodiscard]] bool in_use() const override { return busy; }
  void close(std::string) override {
    closed_ += name_;
    of_.gone(*this);
  }
  bool busy = false;

 private:
  peer_links& of_;
  std::string name_;
  std::string& closed_;
};

struct limited {
  explicit limited(std::size_t most) : links(most) {}
  peer_links links;
  std::string closed;
  told_entry a{links, "a", closed}, b{links, "b", closed}, c{links, "c", closed}, d{links, "d", closed};
};

}  // namespace

TEST_CASE("beyond the limit that link is closed which was not used for longest") {
  limited on(2);
  on.links.used(on.a);
  on.links.used(on.b);
  CHECK(on.closed.empty());
  on.links.used(on.a);
  on.links.used(on.c);
  CHECK(on.closed == "b");
  on.links.used(on.b);
  CHECK(on.closed == "ba");
  CHECK(on.links.size() == 2);
  on.links.gone(on.b);
  on.links.gone(on.b);
  on.links.used(on.d);
  CHECK(on.closed == "ba");
}

TEST_CASE("links on which something is under way stay beyond the limit, and go when it has ended") {
  limited on(1);
  on.a.busy = on.b.busy = on.c.busy = true;
  on.links.used(on.a);
  on.links.used(on.b);
  on.links.used(on.c);
  CHECK(on.links.size() == 3);
  on.b.busy = false;
  on.links.ended(on.b);
  CHECK(on.closed == "b");
  on.a.busy = false;
  on.links.ended(on.a);
  CHECK(on.closed == "ba");
  on.c.busy = false;
  on.links.ended(on.c);
  CHECK(on.closed == "ba");
  CHECK(on.links.size() == 1);
}

TEST_CASE("of a limit of none each link goes when nothing is under way on it") {
  limited on(0);
  on.a.busy = true;
  on.links.used(on.a);
  CHECK(on.closed.empty());
  on.a.busy = false;
  on.links.ended(on.a);
  CHECK(on.closed == "a");
}

TEST_CASE("a link to a worker that is not used for some minutes is closed, and opened again by the next request") {
  wired_workers on(1);
  on.check_gives(0, 1);
  on.check_gives(0, first_large);
  CHECK(on.open() == 2);
  on.in.advance(61s);
  // That for what is large goes sooner.
  CHECK(on.open() == 1);
  on.in.advance(3min);
  on.check_gives(0, 2);
  on.in.advance(4min + 50s);
  CHECK(on.open() == 1);
  CHECK(on.opened(0) == 2);
  on.in.advance(20s);
  CHECK(on.open() == 0);
  CHECK(on.context.residents() == 0);

  on.check_gives(0, 3);
  ended_call answer;
  on.call(0, 5, answer);
  on.in.advance(1s);
  CHECK(answer.result == 6);
  CHECK(on.opened(0) == 3);
  CHECK(on.open() == 1);
  CHECK(*on.relayed == 0);
}

TEST_CASE("a link stays as long as a value is awaited over it that is still made") {
  wired_workers on(1);
  auto ahead = on.ask_ahead(0, 4);
  on.in.advance(1h);
  CHECK_FALSE(ahead.done());
  CHECK(on.opened(0) == 1);
  on.all[0].seen->made.at(0).set_value();
  on.in.advance(1s);
  wired_workers::check_came(ahead, 4);
  CHECK(on.opened(0) == 1);
  on.in.advance(6min);
  CHECK(on.open() == 0);
}

TEST_CASE("a link stays as long as a worker keeps actors whose handles went over it") {
  wired_workers on(1);
  auto lends = on.all[0].seen->lends = std::make_shared<int>();
  ended_call answer;
  on.call(0, 5, answer);
  on.in.advance(1s);
  REQUIRE(answer.result == 6);
  on.all[0].seen->lends = nullptr;
  std::weak_ptr<int> kept = std::exchange(lends, nullptr);
  on.in.advance(1h);
  CHECK_FALSE(kept.expired());
  CHECK(on.open() == 1);
  answer.handles = {};
  on.in.advance(1s);
  CHECK(kept.expired());
  on.in.advance(10min);
  CHECK(on.open() == 0);
}

TEST_CASE("of more workers than links are allowed all give what is asked, one after the other") {
  wired_workers on(4, 2);
  for (std::uint32_t round = 0; round < 3; ++round)
    for (std::size_t w = 0; w < 4; ++w) {
      on.check_gives(w, round);
      CHECK(on.open() <= 2);
    }
  for (std::size_t w = 0; w < 4; ++w) CHECK(on.opened(w) == 3);
  on.check_gives(3, 7);
  CHECK(on.opened(3) == 3);
  CHECK(*on.relayed == 0);
}

TEST_CASE("calls go in order and each once to more workers than links are allowed") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    INFO("seed " << seed);
    std::deque<ended_call> answers;
    wired_workers on(3, 1, seed);
    std::uint32_t made = 0;
    for (std::uint32_t round = 0; round < 10; ++round) {
      for (std::size_t w = 0; w < 3; ++w)
        for (int i = 0; i < 2; ++i) on.call(w, made++, answers.emplace_back());
      // Sometimes all are answered, sometimes the next ones meet those before.
      if (round % 3 == seed % 3)
        on.in.advance(100ms);
      else
        for (int i = 0; i < 40; ++i) on.in.step();
    }
    on.in.advance(1s);
    for (std::uint32_t i = 0; i < made; ++i) {
      REQUIRE(answers[i].times == 1);
      REQUIRE(answers[i].result == int(i + 1));
    }
    for (auto const& w : on.all) {
      REQUIRE(w.seen->calls.size() == made / 3);
      REQUIRE(std::is_sorted(w.seen->calls.begin(), w.seen->calls.end()));
      REQUIRE(w.dials.size() >= 2);
    }
    CHECK(on.open() == 1);
    CHECK(*on.relayed == 0);
  }
}
