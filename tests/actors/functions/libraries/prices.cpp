#include "prices.hpp"

#include <troupe/troupe.hpp>

#include <utility>

namespace shop {
namespace {

double total(item const& i, double factor) {
  double sum = 0;
  for (double p : i.prices) sum += p * factor;
  return sum;
}
item doubled(item i) {
  for (double& p : i.prices) p *= 2;
  return i;
}
troupe::task<std::string> with_hello(std::string name) { co_return "hello " + name; }
troupe::task<std::string> greeting(std::string name) {
  auto body = with_hello(std::move(name));
  co_return co_await std::move(body);
}
std::size_t count(std::vector<int> const& v) { return v.size(); }

auto const exported_total = troupe::export_task<&total>("total");
auto const exported_doubled = troupe::export_task<&doubled>("doubled");
auto const exported_greeting = troupe::export_task<&greeting>("greeting");
auto const exported_count = troupe::export_task<&count>("count");

}  // namespace

inline auto const exported_highest = troupe::export_task<&highest>("highest");

}  // namespace shop
