// Actors of one's own: the program behind docs/actors.md.

#include <troupe/troupe.hpp>

#include <fmt/core.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

struct entry {
  std::string text;
};

class ledger : public troupe::actor {
 public:
  troupe::task<std::size_t> on(entry e) {
    co_await troupe::sleep_for(1ms);  // stands for a disk
    lines_.push_back(std::move(e.text));
    co_return lines_.size();
  }

 private:
  std::vector<std::string> lines_;
};

struct deposit {
  long cents;
};
struct balance {};

class account : public troupe::actor {
 public:
  explicit account(troupe::actor_ref<ledger> book) : book_(std::move(book)) {}

  troupe::task<long> on(deposit m) {
    if (m.cents <= 0) throw std::invalid_argument("a deposit of nothing");
    auto written = book_.ask(entry{fmt::format("deposit {}", m.cents)});
    co_await written;
    co_return balance_ += m.cents;  // other messages were handled meanwhile: look at the state again
  }
  long on(balance) const { return balance_; }

 private:
  troupe::actor_ref<ledger> book_;
  long balance_ = 0;
};

struct connection {
  int attempts = 0;
  troupe::promise<> received;
};

// Pays in what it receives, once it has a connection.
class feed : public troupe::actor {
 public:
  feed(troupe::actor_ref<account> to, std::shared_ptr<connection> line) : to_(std::move(to)), line_(std::move(line)) {
    start(receive());
  }

 private:
  troupe::task<void> receive() {
    if (++line_->attempts < 3) throw std::runtime_error("connection refused");
    auto paid = to_.ask(deposit{1000});
    co_await paid;
    line_->received.set_value();
    quit();
  }

  troupe::actor_ref<account> to_;
  std::shared_ptr<connection> line_;
};

class witness : public troupe::actor {
 public:
  explicit witness(troupe::actor_handle const& other) { monitor(other); }

  void on(troupe::down_msg const& m) {
    fmt::print("the account has ended: {}\n", m.reason.text());
    quit();
  }
};

int main() {
  troupe::runtime runtime;
  auto& loop = runtime.loop();
  auto book = loop.spawn<ledger>();
  auto mine = loop.spawn<account>(book);

  auto first = mine.ask(deposit{200});
  auto second = mine.ask(deposit{50});
  first.get();
  second.get();
  fmt::print("balance {}\n", mine.ask(balance{}).get());

  try {
    mine.ask(deposit{0}).get();
  } catch (std::invalid_argument const& refusal) {
    fmt::print("refused: {}\n", refusal.what());
  }

  auto line = std::make_shared<connection>();
  auto options = troupe::supervisor_options().intensity(5, 1s).backoff(1ms, 100ms);
  std::vector children{troupe::child_spec::of<feed>("feed", mine, line).restarts(troupe::restart::transient)};
  auto boss = loop.spawn<troupe::supervisor>(options, children);
  line->received.get_future().get();
  fmt::print("received after {} attempts, balance {}\n", line->attempts, mine.ask(balance{}).get());

  auto observer = loop.spawn<witness>(mine);
  mine.stop();
  observer.ended().get();
  try {
    mine.ask(balance{}).get();
  } catch (troupe::actor_gone const& gone) {
    fmt::print("{}\n", gone.what());
  }
}
