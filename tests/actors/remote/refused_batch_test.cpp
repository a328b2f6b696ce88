#include "../../net/link/recording_handler.hpp"

#include <troupe/actors/client/internal/client_actor.hpp>
#include <troupe/actors/cluster/internal/member.hpp>
#include <troupe/actors/functions/typed_call.hpp>
#include <troupe/actors/remote/internal/remote_peers.hpp>
#include <troupe/actors/remote/internal/remote_scheduler.hpp>
#include <troupe/actors/runtime/internal/asio_loop.hpp>
#include <troupe/actors/runtime/runtime.hpp>
#include <troupe/futures/promise.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace troupe;
using namespace troupe::detail;

std::size_t length(std::vector<double> const& xs) { return xs.size(); }

/// Accepts links for messages of little size and writes down what comes.
class narrow_port final : public actor {
 public:
  struct get_address {};
  struct count {};

  narrow_port() {
    link_options narrow;
    narrow.message_limit = 100'000;
    listener_ = listen(io_of(loop()), "tcp://127.0.0.1:0", test::hello_of("narrow", 1, link_role::scheduler), narrow,
                       {}, [this](link_ptr accepted) {
                         link_ = std::move(accepted);
                         link_->set_handler(&came_);
                       });
  }
  ~narrow_port() override {
    if (link_) link_->set_handler(nullptr);
  }
  std::string on(get_address) { return listener_->address(); }
  std::size_t on(count) { return came_.messages.size(); }

 private:
  test::recording_handler came_;
  std::unique_ptr<listener> listener_;
  link_ptr link_;
};

class listening_client final : public client_actor {
 public:
  explicit listening_client(std::shared_ptr<promise<client_news>> heard) : heard_(std::move(heard)) {}
  void on(client_news&& news) override { heard_->set_value(std::move(news)); }
  void on(cluster_changed&&) override {}

 private:
  std::shared_ptr<promise<client_news>> heard_;
};

client_batch submit(actor_id from, std::uint32_t index, std::size_t elements) {
  client_batch batch;
  batch.from = from;
  to_scheduler::submit event;
  event.tasks.emplace_back().ref = {index, 1};
  batch.events.emplace_back(std::move(event));
  auto bound = bind_call(function_tag<&length>{}, std::vector<double>(elements, 1.0));
  batch.calls.push_back(make_encoded_call(bound.call->function(), pack(bound.call)));
  return batch;
}

}  // namespace

TEST_CASE("what is too large for the scheduler fails for its client alone, and the link goes on") {
  runtime in;
  auto port = in.loop().spawn<narrow_port>();
  auto address = port.ask(narrow_port::get_address{}).get();
  auto self = introduce(link_role::client);
  auto scheduler = in.loop().spawn<remote_scheduler>(connect_link(in.loop(), address, self, {}).get(), self);
  auto heard = std::make_shared<promise<client_news>>();
  auto news = heard->get_future();
  auto client = in.loop().spawn<listening_client>(heard);
  scheduler.send(attach_client{client, "client", ""});

  scheduler.send(submit(client.id(), 5, 20'000));
  auto refused = news.get();
  REQUIRE(refused.items.size() == 1);
  auto const& failure = std::get<failed_news>(refused.items.front());
  CHECK(failure.ref == client_ref{5, 1});
  CHECK_THROWS_WITH(std::rethrow_exception(failure.error),
                    Catch::Contains("cannot be sent to the scheduler") && Catch::Contains("accepts at most 100000"));

  // The function, too, is told anew.
  scheduler.send(submit(client.id(), 6, 10));
  while (port.ask(narrow_port::count{}).get() < 2) std::this_thread::yield();
}
