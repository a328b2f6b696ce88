#include "support/cluster.hpp"
#include "support/socket.hpp"

#include <troupe/actors/cluster/local_cluster.hpp>

#include <catch2/catch.hpp>

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

/// How soon it is known that a worker's process has gone, and who takes its place.
namespace {

using troupe::test::lines;
using troupe::test::process_cluster;

int process_id() { return ::getpid(); }

void crash() { std::raise(SIGKILL); }
void kill_worker(int process) { ::kill(process, SIGKILL); }

/// Listens on a port of this machine and says nothing: a worker that gives it for its own seems to be there whatever
/// becomes of its process.
class silent_port {
 public:
  silent_port() : address_(socket_.bind()) { socket_.listen(); }

  [[nodiscard]] std::vector<std::string> worker(std::string const& name) const {
    return {"--name", name, "--contact-address", address_};
  }

 private:
  troupe::test::plain_socket socket_;
  std::string address_;
};

}  // namespace

TEST_CASE("a scheduler sees that a worker's process is gone, and does not wait for its return") {
  process_cluster cluster;
  auto& worker = cluster.add_worker("only");
  worker.send_signal(SIGKILL);
  CHECK_THAT(cluster.wait_for_word("worker only at "),
             Catch::EndsWith("has left: its process is gone: nobody listens where it did"));
  cluster.wait_for_workers(0);
}

TEST_CASE("a worker that its nanny starts again takes its own place at once") {
  silent_port port;
  lines said;
  process_cluster cluster;
  auto& nanny = cluster.begin_worker(port.worker("phoenix"), said, {{"TROUPE_NANNY__BACKOFF", "1ms"}});
  cluster.wait_for_workers(1);
  auto client = cluster.connect();
  auto first = client.submit<process_id>().get();
  for (int lives = 0; lives < 3; ++lives) {
    kill_worker(first);
    // What is given to the dead process is run by its successor.
    auto next = client.submit<process_id>().get();
    CHECK(next != first);
    first = next;
  }
  CHECK_THAT(cluster.wait_for_word("worker phoenix at "), Catch::EndsWith("has left: a later life took its place"));
  CHECK_FALSE(says(said, "already"));
  nanny.send_signal(SIGTERM);
  CHECK(to_string(nanny.wait()) == "exit status 0");
}

TEST_CASE("a worker of another nanny does not take the place of one of the same name") {
  silent_port port;
  lines first_said, second_said;
  process_cluster cluster;
  cluster.begin_worker(port.worker("only"), first_said);
  cluster.wait_for_workers(1);
  auto before = cluster.connect().submit<process_id>().get();
  auto& second = cluster.begin_worker(port.worker("only"), second_said,
                                      {{"TROUPE_NANNY__BACKOFF", "1ms"}, {"TROUPE_NANNY__ATTEMPTS", "0"}});
  CHECK(to_string(second.wait()) == "exit status 5");
  CHECK(says(second_said, "there is a worker named 'only' already"));
  CHECK_THAT(cluster.wait_for_word("was refused"), Catch::EndsWith("there is a worker named 'only' already"));
  CHECK(says(first_said, "only works for the scheduler at " + cluster.address()));
  CHECK_FALSE(says(second_said, "works for"));
  CHECK(cluster.connect().submit<process_id>().get() == before);
}

TEST_CASE("a program's own cluster starts a worker process again that was killed") {
  troupe::runtime in;
  troupe::local_cluster cluster(in, troupe::cluster_options{}.workers(1).threads_per_worker(1).processes());
  auto client = cluster.connect();
  auto before = client.submit<process_id>().get();
  kill_worker(before);
  auto after = client.submit<process_id>().get();
  CHECK(after != before);
  CHECK(client.cluster_info().get().workers[0].name == "worker-0");
  CHECK(after != ::getpid());
}

TEST_CASE("a task that crashes its process fails when it has done so often enough, and its cluster goes on") {
  troupe::runtime in;
  troupe::local_cluster cluster(in, troupe::cluster_options{}.workers(2).threads_per_worker(1).processes());
  auto client = cluster.connect();
  auto crashes = client.submit<crash>();
  CHECK_THROWS_WITH(crashes.get(), Catch::Contains("4 workers"));
  CHECK(client.submit<process_id>().get() != ::getpid());
}
