#include <troupe/actors/cluster/internal/kept_process.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <system_error>

using troupe::detail::child_options;
using troupe::detail::kept_process;

TEST_CASE("a kept process that ends and gets no thread to start again is tried again") {
  std::atomic<int> lives = 0;
  std::promise<void> over;
  auto prepare = [&]() -> child_options {
    switch (lives++) {
      case 0:
        return {.command = {"false"}};
      case 1:
        throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
      default:
        return {.command = {"true"}};
    }
  };
  kept_process kept("kept", {.backoff = std::chrono::milliseconds(1)}, prepare, [] {}, [&] { over.set_value(); });
  kept.keep();
  over.get_future().wait();
  CHECK(lives == 3);
  CHECK(kept.over());
}
