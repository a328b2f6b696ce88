#include <troupe/actors/remote/internal/calls_received.hpp>
#include <troupe/actors/remote/internal/value_parts.hpp>
#include <troupe/actors/remote/internal/value_server.hpp>
#include <troupe/actors/runtime/internal/asio_loop.hpp>

#include <algorithm>
#include <utility>

namespace troupe::detail {

class value_server::peer final : public link_handler {
 public:
  peer(value_server& server, link_ptr link)
      : server_(server), link_(std::move(link)), calls_(make_intrusive<calls_received>(link_, server.loop())) {
    link_->set_handler(this);
  }
  peer(peer const&) = delete;
  peer& operator=(peer const&) = delete;
  ~peer() {
    calls_->close();
    link_->set_handler(nullptr);
    link_->close("the worker leaves");
  }

  void on_message(std::uint16_t type, std::span<std::byte const> body, std::vector<buffer> attachments) override {
    wire_reader in(body, std::move(attachments));
    switch (wire_type(type)) {
      case wire_type::get_values: {
        auto number = in.get<std::uint64_t>();
        auto tasks = in.get<std::vector<task_id>>();
        auto maker = in.get<attempt_id>();
        in.expect_end();
        return self(&server_).send(request{link_, number, {std::move(tasks), maker}});
      }
      case wire_type::call_actors: {
        auto calls = calls_->read(in, heard_);
        in.expect_end();
        return server_.with_.worker.send(std::move(calls));
      }
      case wire_type::stop_calls: {
        auto stops = calls_->read_stops(in);
        in.expect_end();
        return server_.with_.worker.send(std::move(stops));
      }
      case wire_type::answers_taken:
        calls_->read_taken(in);
        return in.expect_end();
      default:
        throw codec_error("a worker is asked for values, and its actors are called: nothing else");
    }
  }
  void on_down(std::string const&) override {
    auto& peers = server_.peers_;
    peers.erase(std::find_if(peers.begin(), peers.end(), [this](auto const& p) { return p.get() == this; }));
  }

 private:
  value_server& server_;
  link_ptr link_;
  functions_heard heard_;
  intrusive_ptr<calls_received> calls_;
};

value_server::value_server(setup with) : with_(std::move(with)) {}
value_server::~value_server() = default;

std::string value_server::on(listen_on const& where) {
  auto admit = [](hello const& them) -> std::string {
    return them.role == link_role::peer ? "" : "a worker gives values to workers and clients only";
  };
  listener_ =
      listen(io_of(loop()), where.address, with_.self, {}, admit, [this](link_ptr link) { take(std::move(link)); });
  return listener_->address();
}

void value_server::take(link_ptr made) { peers_.insert(std::make_unique<peer>(*this, std::move(made))); }

void value_server::on(request&& asked) { start(serve(std::move(asked))); }

task<void> value_server::serve(request asked) {
  std::vector<value_ptr> values;
  std::string problem;
  bool const in_the_making = bool(asked.what.maker);
  try {
    auto held = with_.worker.ask(std::move(asked.what));
    values = co_await std::move(held);
  } catch (error const& e) {
    problem = e.what();
  }
  if (!problem.empty()) co_return refuse_values(*asked.from, asked.number, problem);
  // Who asked could not know over which of its links it had better come.
  auto is_large = [](value_ptr const& value) { return value && value->nbytes() >= large_request; };
  if (in_the_making && std::any_of(values.begin(), values.end(), is_large))
    co_return say_it_is_large(*asked.from, asked.number);
  value_sender by{with_.name, with_.pool};
  auto sending = send_values(std::move(asked.from), asked.number, std::move(values), std::move(by));
  co_await std::move(sending);
}

}  // namespace troupe::detail
