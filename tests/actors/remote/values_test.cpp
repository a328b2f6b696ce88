#include <troupe/actors/remote/internal/value_parts.hpp>

#include "../../futures/support/started.hpp"
#include "../../net/link/world.hpp"

#include <troupe/futures/errors.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <list>
#include <string>
#include <utility>
#include <vector>

using namespace troupe::test;
using Catch::Matchers::Contains;
using troupe::buffer;
using troupe::encoder;
using troupe::future;
using troupe::detail::part_kind;
using troupe::detail::value_box;
using troupe::detail::value_cast;
using troupe::detail::value_ptr;
using troupe::detail::wire_type;

namespace {

template <class T>
value_ptr boxed(T value) {
  return value_ptr(new value_box<T>(std::in_place, std::move(value)));
}

class unencodable final : public troupe::detail::value_base {
 public:
  unencodable() : value_base(nullptr) {}
  [[nodiscard]] std::type_info const& type() const noexcept override { return typeid(unencodable); }
  [[nodiscard]] std::size_t nbytes() const override { return 1; }
  void encode(encoder& /*out*/) const override { throw troupe::error("not today"); }
};

troupe::detail::value_sender const as_server{"the server", nullptr};

/// Of a run that is too small to be attached and is sent from where it lies.
constexpr std::size_t numbers_each = 1025;

std::vector<double> numbers(std::size_t i) { return std::vector<double>(numbers_each, double(i)); }

/// Such a value, of which it is known how many there are.
class counted_value final : public troupe::detail::value_base {
 public:
  static inline std::atomic<int> alive = 0;

  explicit counted_value(std::size_t i) : value_base(&numbers_), numbers_(numbers(i)) { ++alive; }
  counted_value(counted_value const&) = delete;
  counted_value& operator=(counted_value const&) = delete;
  ~counted_value() override {
    // Who reads it later does not find what it was.
    std::ranges::fill(numbers_, -1.0);
    --alive;
  }
  [[nodiscard]] std::type_info const& type() const noexcept override { return typeid(numbers_); }
  [[nodiscard]] std::size_t nbytes() const override { return numbers_.size() * sizeof(double); }
  void encode(encoder& out) const override { troupe::encode(out, numbers_); }

 private:
  std::vector<double> numbers_;
};

std::vector<value_ptr> counted_values(std::size_t count) {
  std::vector<value_ptr> values;
  for (std::size_t i = 0; i < count; ++i) values.emplace_back(new counted_value(i));
  return values;
}

void check_numbers(std::vector<value_ptr> const& got, std::size_t count) {
  REQUIRE(got.size() == count);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < count; ++i) wrong += value_cast<std::vector<double>>(*got[i]) != numbers(i);
  CHECK(wrong == 0);
}

/// The client asks, the server answers.
struct asking {
  explicit asking(troupe::detail::link_options options = {}, faults wire = {}, std::uint64_t features = 0)
      : w({}, options) {
    w.at_client.then = [this](recording_handler::message const& m) { receive(m); };
    w.usual = wire;
    w.listener.features = features;
    auto self = hello_of("client", 2);
    self.features = features;
    w.connect(self);
    w.pass(8 * wire.delay);
    REQUIRE(w.client);
    REQUIRE(w.server);
  }
  void receive(recording_handler::message const& m) {
    troupe::detail::wire_reader in(bytes_of(m.body), m.attachments);
    requests.receive(in);
    in.expect_end();
  }
  /// What comes of the answer.
  std::vector<value_ptr> answer(std::vector<value_ptr> const& values) {
    auto opened = requests.open(values.size());
    started<void> sending(w.runs, troupe::detail::send_values(w.server, opened.number, values, as_server));
    w.runs.run();
    REQUIRE(sending.ended());
    sending.result();
    REQUIRE(opened.answer.done());
    return opened.answer.get();
  }
  /// A message made by hand; why the link closed.
  template <class Write>
  std::string says(Write write, std::vector<buffer> attachments = {}) {
    auto without_reasons = [&](encoder& out) {
      write(out);
      out.write_array(0);
    };
    return says_all(without_reasons, std::move(attachments));
  }
  template <class Write>
  std::string says_all(Write write, std::vector<buffer> attachments = {}) {
    encoder out;
    write(out);
    w.server->send(std::uint16_t(wire_type::values), out.bytes(), std::move(attachments));
    w.runs.run();
    return w.at_client.reason;
  }

  world w;
  troupe::detail::value_requests requests;
};

void begin(encoder& out, std::uint64_t number, part_kind kind, std::size_t count) {
  out.write_uint(number);
  out.write_uint(std::uint64_t(kind));
  out.write_array(count);
}

void item(encoder& out, std::uint64_t nbytes, std::uint64_t head, std::uint64_t attachments) {
  out.write_uint(nbytes);
  out.write_uint(head);
  out.write_uint(attachments);
}

/// The only one, for the value at this place.
void reason(encoder& out, std::uint64_t place) {
  out.write_array(1);
  out.write_array(2);
  out.write_uint(place);
  out.write_string("never");
}

}  // namespace

TEST_CASE("values come as they were sent, large ones and lacking ones too, in order") {
  asking a;
  auto got =
      a.answer({boxed(7), nullptr, boxed(std::vector<double>(20'000, 1.5)), boxed(std::string("seven")), nullptr});
  REQUIRE(got.size() == 5);
  CHECK(value_cast<int>(*got[0]) == 7);
  CHECK_FALSE(got[1]);
  CHECK(got[2]->nbytes() == 160'000);
  CHECK(value_cast<std::vector<double>>(*got[2]) == std::vector<double>(20'000, 1.5));
  CHECK(value_cast<std::string>(*got[3]) == "seven");
  CHECK_FALSE(got[4]);
  CHECK(a.w.at_client.messages.size() == 1);
}

TEST_CASE("an answer without values is one message") {
  asking a;
  CHECK(a.answer({}).empty());
  CHECK(a.answer({nullptr}).size() == 1);
  CHECK(a.w.at_client.messages.size() == 2);
}

TEST_CASE("many values come in parts of limited size, and lie in what was received") {
  asking a;
  std::vector<value_ptr> values;
  for (int i = 0; i < 1000; ++i) values.push_back(boxed(std::vector<std::int32_t>(2048, i)));
  auto got = a.answer(values);
  REQUIRE(got.size() == 1000);
  for (int i = 0; i < 1000; ++i)
    CHECK(value_cast<std::vector<std::int32_t>>(*got[std::size_t(i)]) == std::vector<std::int32_t>(2048, i));
  CHECK(a.w.at_client.messages.size() == 8);
  for (auto const& m : a.w.at_client.messages) {
    REQUIRE(m.attachments.size() == 1);
    CHECK(m.attachments[0].size() < troupe::detail::part_size + 8300);
    CHECK(m.body.size() < 4096);
  }
}

TEST_CASE("who does not accept what was sent gets no more until it does") {
  faults slow;
  slow.delay = std::chrono::milliseconds(10);
  asking a({}, slow);
  // Attached, or in pieces.
  auto [count, numbers_in_each] =
      GENERATE(std::pair(std::size_t{100}, std::size_t{1} << 17), std::pair(std::size_t{5000}, numbers_each));
  std::vector<value_ptr> values;
  for (std::size_t i = 0; i < count; ++i)
    values.push_back(boxed(std::vector<std::int64_t>(numbers_in_each, std::int64_t(i))));
  auto opened = a.requests.open(values.size());
  started<void> sending(a.w.runs, troupe::detail::send_values(a.w.server, opened.number, values, as_server));
  std::size_t most = 0;
  while (!opened.answer.done() && (a.w.runs.step() || a.w.runs.advance_to_next_timer()))
    most = std::max(most, a.w.server->backlog());
  CHECK(sending.ended());
  CHECK(most > troupe::detail::most_unaccepted);
  CHECK(most < troupe::detail::most_unaccepted + 2 * troupe::detail::part_size + 1000);
  auto got = opened.answer.get();
  REQUIRE(got.size() == count);
  CHECK(value_cast<std::vector<std::int64_t>>(*got.back()) ==
        std::vector<std::int64_t>(numbers_in_each, std::int64_t(count - 1)));
}

TEST_CASE("those who wait for room do not send all at once when there is some") {
  faults slow;
  slow.delay = std::chrono::milliseconds(10);
  asking a({}, slow);
  constexpr std::size_t askers = 60, each = 2;
  std::vector<value_ptr> const values(each, boxed(std::vector<double>(std::size_t{1} << 17, 1.5)));
  std::vector<future<std::vector<value_ptr>>> answers;
  std::list<started<void>> sending;
  for (std::size_t i = 0; i < askers; ++i) {
    auto opened = a.requests.open(each);
    answers.push_back(std::move(opened.answer));
    sending.emplace_back(a.w.runs, troupe::detail::send_values(a.w.server, opened.number, values, as_server));
  }
  std::size_t most = 0;
  auto done = [&] { return std::ranges::all_of(answers, [](auto const& answer) { return answer.done(); }); };
  while (!done() && (a.w.runs.step() || a.w.runs.advance_to_next_timer())) most = std::max(most, a.w.server->backlog());
  REQUIRE(done());
  CHECK(most > troupe::detail::most_unaccepted);
  CHECK(most < troupe::detail::most_unaccepted + 2 * troupe::detail::part_size);
  for (auto const& answer : answers) CHECK(answer.get().size() == each);
}

TEST_CASE("values that nobody else holds are kept until they were accepted, and no longer") {
  faults slow;
  slow.delay = std::chrono::milliseconds(10);
  asking a({}, slow);
  auto opened = a.requests.open(300);
  {
    started<void> sending(a.w.runs,
                          troupe::detail::send_values(a.w.server, opened.number, counted_values(300), as_server));
    // Nothing has arrived.
    a.w.runs.run();
    REQUIRE(sending.ended());
    CHECK(counted_value::alive == 300);
  }
  while (!opened.answer.done()) REQUIRE(a.w.runs.advance_to_next_timer());
  check_numbers(opened.answer.get(), 300);
  a.w.pass(std::chrono::seconds(2));
  CHECK(a.w.server->backlog() == 0);
  CHECK(counted_value::alive == 0);
}

TEST_CASE("values go on over another stream where the one before broke in the middle of them") {
  faults slow;
  slow.delay = std::chrono::milliseconds(10);
  slow.capacity = 300'000;
  slow.seed = GENERATE(0U, 5U);
  asking a({}, slow);
  auto opened = a.requests.open(700);
  started<void> sending(a.w.runs,
                        troupe::detail::send_values(a.w.server, opened.number, counted_values(700), as_server));
  auto const& wires = a.w.dials->wires();
  for (std::size_t broken = 1; broken <= 3; ++broken) {
    while (wires.size() < broken || wires.back()->went_back() < 900'000)
      REQUIRE((a.w.runs.step() || a.w.runs.advance_to_next_timer()));
    CHECK_FALSE(opened.answer.done());
    wires.back()->cut();
  }
  while (!opened.answer.done()) REQUIRE((a.w.runs.step() || a.w.runs.advance_to_next_timer()));
  CHECK(wires.size() == 4);
  check_numbers(opened.answer.get(), 700);
  a.w.pass(std::chrono::seconds(2));
  CHECK(sending.ended());
  CHECK(counted_value::alive == 0);
}

TEST_CASE("values that were not accepted go with their link") {
  faults slow;
  slow.delay = std::chrono::milliseconds(10);
  asking a({}, slow);
  started<void> sending(a.w.runs, troupe::detail::send_values(a.w.server, 1, counted_values(300), as_server));
  a.w.runs.run();
  CHECK(counted_value::alive == 300);
  a.w.dials->usual.refused = true;
  a.w.dials->wires().back()->cut();
  a.w.pass(std::chrono::seconds(20));
  CHECK(a.w.at_server.is_down());
  // Whoever still holds it.
  CHECK(a.w.server);
  CHECK(counted_value::alive == 0);
}

TEST_CASE("values in pieces go through a link that compresses") {
  faults far;
  far.far = true;
  far.delay = std::chrono::milliseconds(1);
  asking a({}, far, GENERATE(troupe::detail::lz4_feature, troupe::detail::zstd_feature));
  auto opened = a.requests.open(500);
  started<void> sending(a.w.runs,
                        troupe::detail::send_values(a.w.server, opened.number, counted_values(500), as_server));
  while (!opened.answer.done()) REQUIRE((a.w.runs.step() || a.w.runs.advance_to_next_timer()));
  check_numbers(opened.answer.get(), 500);
  CHECK(a.w.dials->wires().back()->went_back() < 500'000);
}

TEST_CASE("a value that came encoded is passed on as it came, though it is read meanwhile") {
  faults slow;
  slow.delay = std::chrono::milliseconds(10);
  asking a({}, slow);
  value_ptr const made(new counted_value(7));
  std::vector<value_ptr> const values(2, troupe::detail::make_encoded_value(made->pack(), made->nbytes()));
  auto opened = a.requests.open(2);
  started<void> sending(a.w.runs, troupe::detail::send_values(a.w.server, opened.number, values, as_server));
  a.w.runs.run();
  REQUIRE(sending.ended());
  // From now on it is held as what it is, not as bytes.
  CHECK(value_cast<std::vector<double>>(*values[0]) == numbers(7));
  while (!opened.answer.done()) REQUIRE(a.w.runs.advance_to_next_timer());
  for (auto const& got : opened.answer.get()) CHECK(value_cast<std::vector<double>>(*got) == numbers(7));
}

TEST_CASE("sending values ends when the link does") {
  asking a;
  std::vector<value_ptr> values(3, boxed(std::vector<double>(std::size_t{8} << 20)));
  started<void> sending(a.w.runs, troupe::detail::send_values(a.w.server, 1, values, as_server));
  a.w.server->close("enough");
  a.w.runs.run();
  CHECK(sending.ended());
  sending.result();
}

TEST_CASE("in the place of a value that cannot be encoded comes the reason, and the others come") {
  asking a;
  auto got = a.answer({boxed(1), value_ptr(new unencodable), nullptr, value_ptr(new unencodable), boxed(2)});
  REQUIRE(got.size() == 5);
  CHECK(value_cast<int>(*got[0]) == 1);
  CHECK(value_cast<int>(*got[4]) == 2);
  CHECK_FALSE(got[2]);
  for (auto i : {1, 3}) {
    auto const* why = troupe::detail::why_unreadable(*got[std::size_t(i)]);
    REQUIRE(why);
    CHECK(*why == "the server cannot encode it: not today");
    CHECK_THROWS_WITH(value_cast<int>(*got[std::size_t(i)]), "the server cannot encode it: not today");
  }
  CHECK_FALSE(troupe::detail::why_unreadable(*got[0]));
}

TEST_CASE("a reason is passed on as it came") {
  asking a;
  auto got = a.answer({troupe::detail::make_unreadable_value("worker-3 cannot encode it: never")});
  CHECK(*troupe::detail::why_unreadable(*got[0]) == "worker-3 cannot encode it: never");
}

TEST_CASE("a reason is as long as a message can be") {
  asking a;
  auto got = a.answer({troupe::detail::make_unreadable_value(std::string(1 << 20, 'x'))});
  CHECK(troupe::detail::why_unreadable(*got[0])->size() == 2048);
}

TEST_CASE("in the place of a value over the receiver's limit comes the reason, and the others come") {
  troupe::detail::link_options small;
  small.message_limit = 100'000;
  asking a(small);
  auto large = boxed(std::vector<double>(20'000));
  auto got = a.answer({boxed(1), large, boxed(2), large, large, boxed(3)});
  for (auto i : {1, 3, 4}) {
    auto const* why = troupe::detail::why_unreadable(*got[std::size_t(i)]);
    REQUIRE(why);
    CHECK_THAT(*why, Catch::StartsWith("the server cannot send it: ") && Contains("accepts at most 100000"));
  }
  CHECK(value_cast<int>(*got[0]) == 1);
  CHECK(value_cast<int>(*got[2]) == 2);
  CHECK(value_cast<int>(*got[5]) == 3);
}

TEST_CASE("an answer to what nobody asks any more is read and dropped") {
  asking a;
  auto why = a.says(
      [](encoder& out) {
        begin(out, 99, part_kind::last, 1);
        item(out, 1, 1, 0);
      },
      {buffer(1)});
  CHECK(why.empty());
  CHECK(a.answer({boxed(2)}).size() == 1);
}

TEST_CASE("a request fails with the reason when no answer comes any more") {
  asking a;
  auto opened = a.requests.open(1);
  a.requests.fail(std::make_exception_ptr(troupe::error("the worker is gone")));
  CHECK_THROWS_WITH(opened.answer.get(), "the worker is gone");
}

TEST_CASE("that a value is large is an answer to who asked while it was made, and to nobody else") {
  asking a;
  auto ahead = a.requests.open(1, true);
  auto of_known_size = a.requests.open(1);
  troupe::detail::say_it_is_large(*a.w.server, ahead.number);
  // Again, as to whoever does not wait any more.
  troupe::detail::say_it_is_large(*a.w.server, ahead.number);
  a.w.runs.run();
  CHECK_THROWS_AS(ahead.answer.get(), troupe::detail::value_is_large);
  CHECK_FALSE(a.w.at_client.is_down());
  troupe::detail::say_it_is_large(*a.w.server, of_known_size.number);
  a.w.runs.run();
  CHECK_THAT(a.w.at_client.reason, Contains("whose size was known"));
}

TEST_CASE("malformed answers close the link, with the reason") {
  asking a;
  auto const number = a.requests.open(2).number;
  SECTION("more values than were asked for") {
    CHECK_THAT(a.says([&](encoder& out) {
      begin(out, number, part_kind::last, 3);
      for (int i = 0; i < 3; ++i) out.write_nil();
    }),
               Contains("more values than were asked for"));
  }
  SECTION("more values, in the second part") {
    static_cast<void>(a.says([&](encoder& out) {
      begin(out, number, part_kind::more_follow, 1);
      out.write_nil();
    }));
    CHECK_THAT(a.says([&](encoder& out) {
      begin(out, number, part_kind::more_follow, 2);
      for (int i = 0; i < 2; ++i) out.write_nil();
    }),
               Contains("more values than were asked for"));
  }
  SECTION("an end that comes too early") {
    CHECK_THAT(a.says([&](encoder& out) {
      begin(out, number, part_kind::last, 1);
      out.write_nil();
    }),
               Contains("fewer values than were asked for"));
  }
  SECTION("values beyond the bytes that came") {
    CHECK_THAT(a.says(
                   [&](encoder& out) {
                     begin(out, number, part_kind::last, 2);
                     item(out, 1, 6, 0);
                     item(out, 1, 5, 0);
                   },
                   {buffer(10)}),
               Contains("larger than what came of them"));
  }
  SECTION("bytes of no value") {
    CHECK_THAT(a.says(
                   [&](encoder& out) {
                     begin(out, number, part_kind::last, 2);
                     item(out, 1, 6, 0);
                     out.write_nil();
                   },
                   {buffer(10)}),
               Contains("bytes that belong to no value"));
  }
  SECTION("values without any bytes") {
    CHECK_THAT(a.says([&](encoder& out) {
      begin(out, number, part_kind::last, 1);
      item(out, 1, 1, 0);
    }),
               Contains("lacks attachments"));
  }
  SECTION("attachments that are not there") {
    CHECK_THAT(a.says(
                   [&](encoder& out) {
                     begin(out, number, part_kind::last, 1);
                     item(out, 1, 1, std::uint64_t{1} << 60);
                   },
                   {buffer(1)}),
               Contains("lacks attachments"));
  }
  SECTION("attachments that nothing names") {
    CHECK_THAT(a.says(
                   [&](encoder& out) {
                     begin(out, number, part_kind::last, 2);
                     out.write_nil();
                     out.write_nil();
                   },
                   {buffer(1)}),
               Contains("attachments that nothing in it names"));
  }
  SECTION("a reason for a value that is there") {
    CHECK_THAT(a.says_all(
                   [&](encoder& out) {
                     begin(out, number, part_kind::last, 2);
                     item(out, 1, 1, 0);
                     out.write_nil();
                     reason(out, 0);
                   },
                   {buffer(1)}),
               Contains("a reason for a value that is there, or for none"));
  }
  SECTION("a reason for no value") {
    CHECK_THAT(a.says_all([&](encoder& out) {
      begin(out, number, part_kind::last, 2);
      out.write_nil();
      out.write_nil();
      reason(out, 2);
    }),
               Contains("a reason for a value that is there, or for none"));
  }
  SECTION("a part of an unknown kind") {
    CHECK_THAT(a.says([&](encoder& out) {
      out.write_uint(number);
      out.write_uint(4);
    }),
               Contains("integer"));
  }
}
