#include "../../net/link/recording_handler.hpp"

#include <troupe/actors/client/internal/client_actor.hpp>
#include <troupe/actors/functions/typed_call.hpp>
#include <troupe/actors/remote/internal/remote_peers.hpp>
#include <troupe/actors/remote/internal/remote_scheduler.hpp>
#include <troupe/actors/remote/internal/scheduler_port.hpp>
#include <troupe/actors/runtime/internal/asio_loop.hpp>
#include <troupe/actors/runtime/runtime.hpp>
#include <troupe/actors/scheduler/internal/local_scheduler.hpp>
#include <troupe/actors/scheduler/internal/scheduler_functions.hpp>
#include <troupe/futures/errors.hpp>

#include <catch2/catch.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

/// A scheduler, as seen by those who accept little.
namespace {

using namespace troupe;
using namespace troupe::detail;
using Catch::Matchers::Contains;

std::string text_of_size(std::size_t size) { return std::string(size, 't'); }
std::string fail_at_length(std::size_t size) { throw error(std::string(size, 'e')); }

struct scene {
  scene() = default;
  ~scene() {
    in.close();
    functions->close();
  }
  scene(scene const&) = delete;
  scene& operator=(scene const&) = delete;

  actor_ref<remote_scheduler> join(std::string name, std::uint64_t message_limit) {
    link_options options;
    options.message_limit = message_limit;
    auto self = test::hello_of(std::move(name), 2);
    auto address = port.ask(scheduler_port::get_address{}).get();
    return in.loop().spawn<remote_scheduler>(connect_link(in.loop(), address, self, options).get(), self, options);
  }

  std::shared_ptr<scheduler_functions> functions = std::make_shared<scheduler_functions>("a test");
  runtime in;
  actor_ref<scheduler_actor> scheduler = in.loop().spawn<local_scheduler>(scheduler_options{}, functions);
  actor_ref<scheduler_port> port = in.loop().spawn<scheduler_port>(
      scheduler, "tcp://127.0.0.1:0", test::hello_of("scheduler", 1, link_role::scheduler));
};

template <auto F>
run_call call_of(std::size_t size) {
  auto bound = bind_call(function_tag<F>{}, size);
  return {{}, make_encoded_call(bound.call->function(), pack(bound.call)), false};
}

}  // namespace

TEST_CASE("what a function of the scheduler throws is cut to what its caller accepts") {
  scene s;
  auto narrow = s.join("narrow", 4096);
  CHECK_THROWS_WITH(narrow.ask(call_of<&fail_at_length>(100'000)).get(), Contains(std::string(2048, 'e')));
  CHECK_THROWS_WITH(narrow.ask(call_of<&fail_at_length>(3)).get(), Contains("eee"));
}

TEST_CASE("a result of the scheduler's functions that its caller does not accept fails the call alone") {
  scene s;
  // The reason names it.
  auto narrow = s.join(std::string(6000, 'n'), 4096);
  CHECK_THROWS_WITH(narrow.ask(call_of<&text_of_size>(100'000)).get(), Contains("a message of"));
  CHECK(value_cast<std::string>(*narrow.ask(call_of<&text_of_size>(3)).get()) == "ttt");
}
