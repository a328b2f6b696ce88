#include <troupe/troupe.hpp>

#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>

/// Plugins that no program of the tests has itself.
namespace shop {
namespace {

/// What each worker of a shop has.
class till : public troupe::worker_plugin {
 public:
  till(std::string currency, int in_it) : currency_(std::move(currency)), in_it_(in_it) {}
  void setup(troupe::worker_context& worker) override {
    if (currency_.empty()) throw std::invalid_argument("a till of no currency on " + worker.name());
  }
  std::string put(int amount) { return std::to_string(in_it_ += amount) + " " + currency_; }

 private:
  std::string const currency_;
  std::atomic<int> in_it_;
};
std::string pay(troupe::worker_context& worker, int amount) { return worker.plugin<till>()->put(amount); }

/// One there is, or none.
class bell : public troupe::scheduler_plugin {
 public:
  bell() = default;
  void setup() override { ++rings_; }
  void teardown() override { --rings_; }
  static int rings() { return rings_; }

 private:
  static inline std::atomic<int> rings_{0};
};
int rings() { return bell::rings(); }

/// Over the door of each nanny.
class sign : public troupe::nanny_plugin {
 public:
  explicit sign(std::string text) : text_(std::move(text)) {}
  void before_start(troupe::worker_start& worker) override { worker.environment["SHOP_SIGN"] = text_; }
  [[nodiscard]] bool restarts_workers() const override { return true; }

 private:
  std::string const text_;
};
std::string read_sign() {
  auto const* text = std::getenv("SHOP_SIGN");
  return text ? text : "none";
}

auto const exported_till = troupe::export_plugin<till, std::string, int>("till");
auto const exported_pay = troupe::export_task<&pay>("pay");
auto const exported_bell = troupe::export_plugin<bell>("bell");
auto const exported_sign = troupe::export_plugin<sign, std::string>("sign");
auto const exported_read_sign = troupe::export_task<&read_sign>("read_sign");
auto const exported_rings = troupe::export_task<&rings>("rings");

}  // namespace
}  // namespace shop
