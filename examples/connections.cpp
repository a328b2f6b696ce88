// Each worker keeps one connection to a database, opened before its first task and closed when it leaves, which all its
// tasks use: a plugin of workers. The database is a pretence; opening a connection to a real one is what takes long.
// Prints: 1000 orders sum to 74655.00, 1 kept connection(s)

#include <troupe/troupe.hpp>

#include <fmt/core.h>

#include <cstdint>
#include <mutex>
#include <ranges>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

/// A connection is not to be copied, sent or used by two threads at once.
class connection : public troupe::worker_plugin {
 public:
  explicit connection(std::string url) : url_(std::move(url)) {}

  void setup(troupe::worker_context& /*worker*/) override {
    if (!url_.starts_with("db://")) throw std::invalid_argument("no database at " + url_);
    open_ = true;
  }
  void teardown(troupe::worker_context& /*worker*/) override { open_ = false; }

  /// In cents.
  std::int64_t price(std::int64_t order) {
    std::scoped_lock lock(mutex_);
    if (!open_) throw std::runtime_error("the connection to " + url_ + " is closed");
    ++asked_;
    return order * 7919 % 15000;
  }
  std::int64_t asked() {
    std::scoped_lock lock(mutex_);
    return asked_;
  }

 private:
  std::string const url_;
  std::mutex mutex_;
  bool open_ = false;
  std::int64_t asked_ = 0;
};

std::int64_t price(troupe::worker_context& worker, std::int64_t order) {
  return worker.plugin<connection>()->price(order);
}
std::int64_t asked(troupe::worker_context& worker) { return worker.plugin<connection>()->asked(); }

troupe::task<int> app(troupe::client client) {
  auto registering = client.register_plugin<connection>("db://orders");
  auto workers = co_await std::move(registering);
  auto prices = client.map<price>(std::views::iota(std::int64_t{0}, std::int64_t{1000}));
  std::int64_t sum = 0;
  for (auto const& one : prices) sum += co_await one;
  auto asking = client.run<asked>();
  auto counts = co_await std::move(asking);
  std::int64_t questions = 0;
  for (auto const& [worker, count] : counts) questions += count;
  if (questions < 1000) throw std::runtime_error("a price came from nowhere");
  fmt::print("1000 orders sum to {}.{:02}, {} kept connection(s)\n", sum / 100, sum % 100, workers.size());
  co_return 0;
}

}  // namespace

int main(int argc, char** argv) { return troupe::run(argc, argv, app); }
