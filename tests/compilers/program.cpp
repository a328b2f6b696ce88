// Work of many shapes for workers of another compiler. Prints what it gives, and between whom.
#include <troupe/troupe.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

struct order {
  std::string item;
  int count = 0;
  std::optional<double> discount;
};

struct receipt {
  std::vector<std::string> lines;
  double total = 0;
};

std::string compiler() {
#ifdef __clang__
  return "clang";
#else
  return "gcc";
#endif
}

receipt bill(std::vector<order> const& orders, std::map<std::string, double> const& prices) {
  receipt made;
  for (auto const& o : orders) {
    double cost = o.count * prices.at(o.item) * (1 - o.discount.value_or(0));
    made.lines.push_back(fmt::format("{} {} {:.2f}", o.count, o.item, cost));
    made.total += cost;
  }
  return made;
}

double total_of(receipt const& r, std::vector<double> const& more) {
  return std::accumulate(more.begin(), more.end(), r.total);
}

template <class T>
T largest(std::vector<T> const& of) {
  return *std::max_element(of.begin(), of.end());
}

std::vector<double> many(std::size_t count) {
  std::vector<double> values(count);
  std::iota(values.begin(), values.end(), 0.5);
  return values;
}

troupe::task<std::string> greeting(std::string name) { co_return "hello " + name; }

void refuse(std::string const& why) { throw std::out_of_range(why); }

troupe::task<int> app(troupe::client client) {
  auto joined = client.wait_for_workers(1);
  co_await joined;
  auto worker = client.submit<compiler>();
  fmt::print("client {}, worker {}\n", compiler(), co_await worker);

  std::vector<order> orders{{"pear", 3, std::nullopt}, {"a \"fig\", dried", 2, 0.5}};
  std::map<std::string, double> prices{{"pear", 1.25}, {"a \"fig\", dried", 4}};
  auto billed = client.submit<bill>(orders, prices);
  auto total = client.submit<total_of>(billed, std::vector<double>{0.25, 1});
  receipt const& made = co_await billed;
  fmt::print("{} / {:.2f} / {:.2f}\n", fmt::join(made.lines, ", "), made.total, co_await total);

  // Too large to travel with the news.
  auto values = client.submit<many>(std::size_t{100'000});
  auto top = client.submit<largest<double>>(values);
  std::vector<double> const& here = co_await values;
  fmt::print("{} / {}\n", co_await top, here.size());

  auto greeted = client.submit<greeting>("troupe");
  auto longest = client.submit<largest<std::string>>(std::vector{greeted});
  fmt::print("{}\n", co_await longest);

  auto refused = client.submit<refuse>("not here");
  try {
    refused.get();
  } catch (troupe::task_error const& e) {
    fmt::print("{}: {} in {}\n", e.type_name(), e.message(), e.function());
  }
  co_return 0;
}

int main(int argc, char** argv) { return troupe::run(argc, argv, app); }
