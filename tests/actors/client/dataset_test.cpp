#include "support/stage.hpp"

#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <vector>

/// Results under a name, for all clients.
namespace {

using troupe::block_on;
using troupe::test::failure_of;
using troupe::test::gate;
using troupe::test::gate_ref;
using troupe::test::opened_at_end;
using troupe::test::stage;
using troupe::test::until_done;
using troupe::test::until_empty;
using names = std::vector<std::string>;
using numbers = std::vector<double>;

int pass(gate_ref g) {
  (*g)->pass();
  return 1;
}
int throws() { throw std::runtime_error("no"); }
std::size_t length(numbers const& xs) { return xs.size(); }

}  // namespace

TEST_CASE("a published result outlives the client that published it") {
  stage on(2);
  {
    auto maker = on.cluster.connect();
    auto data = block_on(maker.scatter(numbers(1000, 1.5)));
    maker.publish_dataset("numbers", data).get();
    maker.close();
  }
  auto data = block_on(on.client.get_dataset<numbers>("numbers"));
  CHECK(data.get() == numbers(1000, 1.5));
  CHECK(on.client.submit<length>(data).get() == 1000);
  on.client.unpublish_dataset("numbers").get();
  CHECK(data.get().size() == 1000);
  data = {};
  until_empty(on.client);
}

TEST_CASE("datasets are listed by name") {
  stage on;
  CHECK(on.client.list_datasets().get().empty());
  auto data = block_on(on.client.scatter(1));
  on.client.publish_dataset("b", data).get();
  on.client.publish_dataset("a", data).get();
  CHECK(on.client.list_datasets().get() == names{"a", "b"});
  on.client.unpublish_dataset("b").get();
  CHECK(on.client.list_datasets().get() == names{"a"});
  CHECK(block_on(on.client.get_dataset<int>("a")).get() == 1);
}

TEST_CASE("a task of a key can be published, and one that is not done") {
  gate g;
  stage on;
  opened_at_end at_end(g);
  auto pending = on.client.with(troupe::task_options{}.key("mine")).submit<pass>(&g);
  on.client.publish_dataset("later", pending).get();
  auto same = block_on(on.client.get_dataset<int>("later"));
  CHECK(same.key() == "mine");
  CHECK_FALSE(same.done());
  g.open();
  CHECK(same.get() == 1);
}

TEST_CASE("what is published may fail afterwards: so do those who got it") {
  gate g;
  stage on;
  opened_at_end at_end(g);
  auto first = on.client.submit<pass>(&g);
  auto failing = on.client.with(troupe::task_options{}.after(first)).submit<throws>();
  on.client.publish_dataset("failing", failing).get();
  auto same = block_on(on.client.get_dataset<int>("failing"));
  g.open();
  CHECK(failure_of<troupe::task_error>(same).message() == "no");
}

TEST_CASE("names of datasets: a taken, an empty and an unknown one are errors") {
  stage on;
  auto data = block_on(on.client.scatter(1));
  on.client.publish_dataset("one", data).get();
  CHECK_THROWS_WITH(on.client.publish_dataset("one", data).get(),
                    "there is a dataset 'one' already: unpublish it first");
  CHECK_THROWS_WITH(on.client.publish_dataset("", data).get(), "a dataset needs a name");
  CHECK_THROWS_WITH(block_on(on.client.get_dataset<int>("two")), "there is no dataset 'two'");
  CHECK_THROWS_WITH(on.client.unpublish_dataset("two").get(), "there is no dataset 'two'");
}

TEST_CASE("a failed task is not published") {
  stage on;
  auto failed = on.client.submit<throws>();
  until_done(failed);
  CHECK_THROWS_WITH(on.client.publish_dataset("failed", failed).get(), "what is published as 'failed' has failed");
  CHECK(on.client.list_datasets().get().empty());
}

TEST_CASE("a dataset that is got as another type fails when it is read") {
  stage on;
  auto data = block_on(on.client.scatter(std::string("text")));
  on.client.publish_dataset("text", data).get();
  auto wrong = block_on(on.client.get_dataset<int>("text"));
  CHECK_THROWS_AS(wrong.get(), troupe::error);
}

TEST_CASE("datasets of a closed client") {
  stage on;
  auto data = block_on(on.client.scatter(1));
  on.client.close();
  CHECK_THROWS_AS(on.client.publish_dataset("one", data).get(), troupe::client_closed);
  CHECK_THROWS_AS(on.client.list_datasets().get(), troupe::client_closed);
  CHECK_THROWS_AS(block_on(on.client.get_dataset<int>("one")), troupe::client_closed);
  CHECK_THROWS_AS(troupe::client().list_datasets(), troupe::client_closed);
}
