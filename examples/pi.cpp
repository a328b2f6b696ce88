// Throws darts at a square until the share that hits its circle tells pi to about one part in a thousand. Work is added
// as results arrive, and what still runs when the answer is good enough is cancelled.
// Prints: pi is 3.141 +- 0.001 after 11 tasks, 8 given up

#include <troupe/troupe.hpp>

#include <fmt/core.h>

#include <cmath>
#include <cstdint>
#include <random>

namespace {

struct hits {
  std::int64_t inside = 0;
  std::int64_t thrown = 0;
};

hits throw_darts(troupe::task_context& context, std::uint64_t seed, std::int64_t darts) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> side(-1, 1);
  hits result;
  auto stop = context.stop_token();
  while (result.thrown < darts && !stop.stop_requested()) {
    double x = side(random), y = side(random);
    result.inside += x * x + y * y <= 1;
    ++result.thrown;
  }
  return result;
}

troupe::task<int> app(troupe::client client) {
  constexpr double good_enough = 0.0005;
  constexpr std::size_t in_flight = 8;
  std::uint64_t seed = 0;
  int tasks = 0;
  hits all;
  double pi = 0, error = 1;

  auto running = troupe::as_completed<hits>(troupe::at_end::cancel);
  while (running.size() < in_flight) running.add(client.submit<throw_darts>(seed++, 1'000'000));
  while (error > good_enough) {
    auto finished = co_await running.next();
    running.add(client.submit<throw_darts>(seed++, 1'000'000));
    auto part = co_await *finished;
    all.inside += part.inside;
    all.thrown += part.thrown;
    ++tasks;
    double share = double(all.inside) / double(all.thrown);
    pi = 4 * share;
    error = 4 * std::sqrt(share * (1 - share) / double(all.thrown));
  }
  fmt::print("pi is {:.3f} +- {:.3f} after {} tasks, {} given up\n", pi, 2 * error, tasks, running.size());
  co_return 0;
}

}  // namespace

int main(int argc, char** argv) { return troupe::run(argc, argv, app); }
