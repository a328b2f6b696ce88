#include "../../net/link/world.hpp"

#include <troupe/actors/functions/typed_call.hpp>
#include <troupe/actors/remote/internal/calls_received.hpp>
#include <troupe/actors/remote/internal/calls_sent.hpp>
#include <troupe/actors/runtime/simulated_loop.hpp>
#include <troupe/futures/errors.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// Calls of actors over a link, and their answers.
namespace {

using namespace troupe;
using namespace troupe::detail;
using Catch::Matchers::Contains;

int inc(int n) { return n + 1; }

struct noted_answer final : call_answer {
  void succeed(value_ptr result, handles_lent) noexcept override { value = std::move(result); }
  void fail(std::exception_ptr error, call_failure kind) noexcept override {
    problem = std::move(error);
    how = kind;
  }
  [[nodiscard]] bool done() const { return value || how; }

  value_ptr value;
  std::exception_ptr problem;
  std::optional<call_failure> how;
};

value_ptr text(std::size_t size) {
  return value_ptr(new value_box<std::string>(std::in_place, std::string(size, 't')));
}

link_options narrow(std::uint64_t limit) {
  link_options options;
  options.message_limit = limit;
  return options;
}

/// The client calls, the server answers.
struct calling {
  explicit calling(std::uint64_t limit = 100'000) : w({}, narrow(limit)) {
    w.connect();
    w.at_client.then = [this](test::recording_handler::message const& m) {
      wire_reader in(test::bytes_of(m.body), m.attachments);
      sent.receive(in, *taken);
      in.expect_end();
    };
    w.at_server.then = [this](test::recording_handler::message const& m) {
      wire_reader in(test::bytes_of(m.body), m.attachments);
      for (auto& call : received->read(in, heard).calls) running.push_back(std::move(call.answer));
    };
    taken = make_intrusive<answers_taken>(w.client, simulated.loop());
    received = make_intrusive<calls_received>(w.server, w.runs);
    actor_calls batch;
    for (auto& answer : answers) {
      auto bound = bind_call(function_tag<&inc>{}, 1);
      batch.calls.push_back({{5, 1}, make_encoded_call(bound.call->function(), pack(bound.call)), answer_slot(answer)});
    }
    wire_writer out(scratch);
    sent.send(out, *w.client, wire_type::call_actors, told, std::move(batch));
    w.runs.run();
    REQUIRE(running.size() == answers.size());
  }
  ~calling() {
    running.clear();
    w.runs.run();
    received->close();
    taken->close();
    sent.fail(std::make_exception_ptr(error("the test ends")));
  }
  calling(calling const&) = delete;
  calling& operator=(calling const&) = delete;

  simulated_loop simulated;
  test::world w;
  encoder scratch;
  functions_told told;
  functions_heard heard;
  std::array<noted_answer, 3> answers;
  calls_sent sent;
  intrusive_ptr<answers_taken> taken;
  intrusive_ptr<calls_received> received;
  std::vector<answer_slot> running;
};

}  // namespace

TEST_CASE("an answer that its caller does not accept fails this call alone, and the link goes on") {
  calling c;
  c.running[0].succeed(text(10));
  c.running[1].succeed(text(200'000));
  c.running[2].fail(std::make_exception_ptr(error("no")), call_failure::failed);
  c.w.runs.run();
  CHECK(value_cast<std::string>(*c.answers[0].value) == "tttttttttt");
  CHECK(c.answers[1].how == call_failure::failed);
  REQUIRE(c.answers[1].problem);
  CHECK_THROWS_WITH(std::rethrow_exception(c.answers[1].problem),
                    Contains("the answer cannot be sent") && Contains("accepts at most 100000"));
  CHECK(c.answers[2].how == call_failure::failed);
  CHECK_FALSE(c.w.at_client.is_down());
}

TEST_CASE("answers that are together too large for a message come in several") {
  calling c;
  for (auto& answer : c.running) answer.succeed(text(60'000));
  c.w.runs.run();
  for (auto const& answer : c.answers) CHECK(value_cast<std::string>(*answer.value).size() == 60'000);
}

TEST_CASE("an error that its caller does not accept is cut") {
  calling c(4096);
  c.running[0].fail(std::make_exception_ptr(error(std::string(100'000, 'e'))), call_failure::lost);
  c.w.runs.run();
  CHECK(c.answers[0].how == call_failure::lost);
  CHECK_THROWS_WITH(std::rethrow_exception(c.answers[0].problem), std::string(2048, 'e'));
}

TEST_CASE("a call whose answer is malformed is lost, not undelivered: it may have run") {
  calling c;
  encoder out;
  out.write_array(1);
  out.write_uint(2);
  out.write_uint(0);
  out.write_bool(false);  // no value
  c.w.server->send(std::uint16_t(wire_type::call_answers), out.bytes());
  c.w.pass(std::chrono::seconds(10));
  REQUIRE(c.w.at_client.is_down());
  CHECK_FALSE(c.answers[1].done());
  c.sent.fail(std::make_exception_ptr(error("the link is down")));
  CHECK(c.answers[1].how == call_failure::lost);
}
