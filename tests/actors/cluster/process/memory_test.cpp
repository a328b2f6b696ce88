#include "support/program.hpp"

#include <troupe/actors/cluster/process/memory.hpp>

#include <catch2/catch.hpp>

#include <unistd.h>

#include <thread>

using troupe::detail::child_process;
using troupe::test::lines;
using troupe::test::program;

TEST_CASE("the resident memory of a process grows with what it holds") {
  constexpr std::size_t held = 64 << 20;
  lines output;
  child_process child(program({"hold", std::to_string(held)}, &output));
  output.wait_for(1);
  auto memory = troupe::detail::process_memory(child.pid());
  REQUIRE(memory);
  CHECK(memory->resident > held);
  CHECK(memory->resident < 8 * held);
  CHECK(troupe::detail::resident_memory(child.pid()) >= held);
}

TEST_CASE("a process that ended has no memory") {
  child_process child(program({"exit", "0"}));
  child.wait();
  CHECK_FALSE(troupe::detail::process_memory(child.pid()));
  CHECK_FALSE(troupe::detail::resident_memory(child.pid()));
}

TEST_CASE("this process may use some memory and some cores, no more than the machine has") {
  auto machine = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * std::uint64_t(::sysconf(_SC_PAGESIZE));
  CHECK(troupe::detail::usable_memory() > 0);
  CHECK(troupe::detail::usable_memory() <= machine);
  CHECK(troupe::detail::usable_cores() >= 1);
  CHECK(troupe::detail::usable_cores() <= std::max(1U, std::thread::hardware_concurrency()));
}
