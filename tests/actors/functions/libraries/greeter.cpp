#include <troupe/troupe.hpp>

#include <string>

namespace {

std::string greet(std::string const& name) { return "hello " + name; }

auto const exported_greet = troupe::export_task<&greet>("greet");

}  // namespace

extern "C" void troupe_setup_scheduler() {}
