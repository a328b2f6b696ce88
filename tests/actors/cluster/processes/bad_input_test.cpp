#include "../../client/support/folder.hpp"
#include "support/cluster.hpp"
#include "support/socket.hpp"

#include <troupe/actors/cluster/internal/member.hpp>
#include <troupe/futures/run_loop.hpp>
#include <troupe/net/link/internal/frame.hpp>
#include <troupe/net/link/internal/handshake.hpp>

#include <catch2/catch.hpp>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

/// What comes from outside and is wrong: each time an error that says what, and a cluster that goes on.
namespace {

using Catch::Contains;
using troupe::test::folder;
using troupe::test::lines;
using troupe::test::plain_socket;
using troupe::test::process_cluster;
using words = std::vector<std::string>;

int add_one(int x) { return x + 1; }
std::vector<double> ramp(int n) {
  std::vector<double> xs(std::size_t(n), 0);
  for (std::size_t i = 0; i < xs.size(); ++i) xs[i] = double(i);
  return xs;
}
std::size_t length(std::vector<double> const& xs) { return xs.size(); }
constexpr int many = 1'000'000;

std::string problem_of(std::function<void()> const& what) {
  try {
    what();
  } catch (troupe::error const& e) {
    return e.what();
  }
  return "no error";
}

std::string problem_of_connecting(std::string const& address) {
  troupe::runtime in;
  return problem_of([&] { static_cast<void>(troupe::detail::connect_to(in, address, "test")); });
}

/// How a process of these words ends, and the last it says.
std::pair<std::string, std::string> end_of(std::vector<std::string> command) {
  lines said;
  troupe::detail::child_process process({.command = std::move(command), .on_output = said.collector()});
  auto cause = to_string(process.wait());
  auto all = said.wait_for(1);
  return {cause, all.back()};
}

void check_alive(process_cluster& cluster) { CHECK(cluster.connect().submit<add_one>(1).get() == 2); }

std::string hello_of_protocol(std::uint32_t oldest, std::uint32_t newest) {
  auto self = troupe::detail::introduce(troupe::detail::link_role::client);
  self.protocol_min = oldest;
  self.protocol_max = newest;
  auto body = troupe::detail::encode_greeting({self, 1 << 20, 77, 0, 1});
  troupe::detail::frame_header header;
  header.type = troupe::detail::hello_frame;
  header.body = std::uint32_t(body.size());
  std::string bytes(sizeof header + body.size(), '\0');
  std::memcpy(bytes.data(), &header, sizeof header);
  std::memcpy(bytes.data() + sizeof header, body.data(), body.size());
  return bytes;
}

constexpr auto http_request = "GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Answers who connects, once, with the same, whatever it hears.
class answering_port {
 public:
  explicit answering_port(std::string answer) : address_(listening_.bind()) {
    listening_.listen();
    thread_ = std::jthread([this, answer = std::move(answer)] {
      plain_socket with(listening_.accept());
      static_cast<void>(with.hear());
      with.say(answer);
      static_cast<void>(with.hear_all());
    });
  }
  [[nodiscard]] std::string const& address() const noexcept { return address_; }

 private:
  plain_socket listening_;
  std::string address_;
  std::jthread thread_;
};

}  // namespace

TEST_CASE("a worker that looks for its scheduler says so, and ends when it is asked to") {
  plain_socket silent;
  auto address = silent.bind();
  lines said;
  troupe::detail::child_process worker(
      {.command = {TEST_TROUPE, "worker", address, "--no-nanny"}, .on_output = said.collector()});
  CHECK_THAT(said.wait_for(1).front(), Contains("cannot connect to " + address) && Contains("trying for 60 s more"));
  worker.send_signal(SIGTERM);
  CHECK(to_string(worker.wait()) == "exit status 0");
}

TEST_CASE("a port on which nobody listens is named by whoever is sent there") {
  plain_socket silent;
  auto address = silent.bind();
  auto refused = "cannot connect to " + address + ": Connection refused";
  CHECK(problem_of_connecting(address) == refused);
  CHECK(end_of({TEST_TROUPE, "status", address}) ==
        std::pair<std::string, std::string>("exit status 1", "troupe status: " + refused));
  auto worker = end_of({TEST_TROUPE, "worker", address, "--no-nanny", "--death-timeout", "1ms"});
  CHECK(worker.first == "exit status 3");
  CHECK_THAT(worker.second, Catch::EndsWith(refused));
  // Its nanny does not try again.
  CHECK(end_of({TEST_TROUPE, "worker", address, "--death-timeout", "1ms"}).first == "exit status 3");
}

TEST_CASE("a client and a worker that are sent to a worker's port are told that it is one") {
  process_cluster cluster;
  cluster.add_worker("only");
  auto address = cluster.connect().cluster_info().get().workers.front().address;
  CHECK_THAT(problem_of_connecting(address),
             Contains(address) && Contains("a worker gives values to workers and clients only"));
  auto worker = end_of({TEST_TROUPE, "worker", address, "--no-nanny", "--death-timeout", "1000h"});
  CHECK(worker.first == "exit status 5");
  CHECK_THAT(worker.second, Contains(address) && Contains("a worker gives values"));
  check_alive(cluster);
}

TEST_CASE("who speaks HTTP to a scheduler or a worker reads that it is a port of troupe") {
  process_cluster cluster;
  cluster.add_worker("only");
  for (auto const& address : {cluster.address(), cluster.connect().cluster_info().get().workers.front().address}) {
    plain_socket browser;
    browser.connect(address);
    browser.say(http_request);
    CHECK_THAT(browser.hear_all(), Contains("this is a port of troupe, and what came is not its protocol"));
  }
  check_alive(cluster);
}

TEST_CASE("a client that is sent to a web server says so") {
  answering_port web("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
  CHECK(problem_of_connecting(web.address()) == "no troupe at " + web.address() + " (it answered with something else)");
}

TEST_CASE("versions of the protocol that do not meet are both named, at either end") {
  process_cluster cluster;
  cluster.add_worker("only");
  plain_socket newer;
  newer.connect(cluster.address());
  newer.say(hello_of_protocol(77, 78));
  CHECK_THAT(newer.hear_all(), Contains("no common version of the protocol: one side speaks 1, the other 77 to 78"));
  answering_port other(hello_of_protocol(77, 77));
  CHECK_THAT(problem_of_connecting(other.address()), Contains(other.address()) &&
                                                         Contains("no common version of the protocol") &&
                                                         Contains("one side speaks 1, the other 77"));
  check_alive(cluster);
}

TEST_CASE("a worker that its scheduler will never understand ends at once, and so does its nanny") {
  for (auto const& supervision : {words{"--no-nanny"}, words{}}) {
    answering_port other(hello_of_protocol(77, 77));
    words command{TEST_TROUPE, "worker", other.address(), "--death-timeout", "1000h"};
    command.insert(command.end(), supervision.begin(), supervision.end());
    auto worker = end_of(command);
    CHECK(worker.first == "exit status 5");
    CHECK_THAT(worker.second, Contains("one side speaks 1, the other 77"));
  }
}

TEST_CASE("a result on a worker that the client cannot reach comes through the scheduler") {
  process_cluster cluster;
  plain_socket silent;
  lines said;
  cluster.begin_worker({"--name", "hidden", "--contact-address", silent.bind(), "--no-nanny"}, said);
  cluster.wait_for_workers(1);
  auto client = cluster.connect();
  CHECK(client.submit<ramp>(many).get() == ramp(many));
  std::vector<troupe::future<std::vector<double>>> several{client.submit<ramp>(many), client.submit<ramp>(many)};
  for (auto const& f : several) CHECK(f.get().size() == many);
  check_alive(cluster);
}

TEST_CASE("a value whose only worker is gone fails with an error that names both, and the rest goes on") {
  process_cluster cluster;
  auto& lost = cluster.add_worker("lost");
  auto client = cluster.connect();
  auto kept = client.with(troupe::task_options{}.key("ramp-kept"));
  auto put = troupe::block_on(kept.scatter(ramp(many)));
  lost.send_signal(SIGKILL);
  static_cast<void>(lost.wait());
  cluster.wait_for_word("worker lost at ");
  cluster.add_worker("other");
  CHECK(problem_of([&] { static_cast<void>(client.submit<length>(put).get()); }) ==
        "the only copy of the result of ramp-kept was lost with worker lost, and it cannot be computed again");
  check_alive(cluster);
}

TEST_CASE("a result that is larger than what its reader accepts fails there with both sizes") {
  process_cluster cluster;
  cluster.add_worker("only");
  troupe::runtime in;
  troupe::detail::link_options small;
  small.message_limit = std::uint64_t{1} << 20;
  auto client = troupe::detail::connect_to(in, cluster.address(), "small", small);
  auto f = client.submit<ramp>(many);
  CHECK_THAT(problem_of([&] { static_cast<void>(f.get()); }),
             Contains("ramp") && Contains("a message of 80") && Contains("accepts at most 1048576"));
  CHECK(client.submit<add_one>(1).get() == 2);
  check_alive(cluster);
}

TEST_CASE("a worker whose disk is full says so of an upload, and goes on") {
  folder here;
  auto large = here.write("large", std::string(1 << 20, 'x'));
  auto small = here.write("small", "fits");
  std::filesystem::create_directory(here.path() / "disk");
  auto disk = (here.path() / "disk").string();
  std::vector<std::pair<words, std::string>> ways{
      {{"sh", "-c", "trap '' XFSZ; ulimit -f 128; exec \"$@\"", "sh"}, "File too large"}};
  // A disk of its own, where the system lets users have one.
  words mounted{"unshare",
                "--user",
                "--map-root-user",
                "--mount",
                "sh",
                "-c",
                "mount -t tmpfs -o size=64k none \"$0\" && exec \"$@\"",
                disk};
  auto probe = mounted;
  probe.emplace_back("true");
  if (to_string(troupe::detail::child_process({.command = probe}).wait()) == "exit status 0")
    ways.emplace_back(mounted, "No space left on device");
  for (auto const& [under, why] : ways) {
    INFO(why);
    lines said;
    process_cluster cluster;
    cluster.begin_worker({"--name", "full", "--no-nanny", "--local-directory", disk}, said, {}, under);
    cluster.add_worker("roomy");
    cluster.wait_for_workers(2);
    auto client = cluster.connect();
    CHECK_THAT(problem_of([&] { static_cast<void>(troupe::block_on(client.upload_file(large))); }),
               Contains("large could not be uploaded to 1 of 2 workers: full: ") && Contains(disk) && Contains(why));
    CHECK(troupe::block_on(client.upload_file(small)) == words{"full", "roomy"});
    check_alive(cluster);
  }
}

TEST_CASE("a worker that is to load what is no library says which file and why") {
  process_cluster cluster;
  auto const* file = TEST_NO_LIBRARY;
  auto worker = end_of({TEST_TROUPE, "worker", cluster.address(), "--no-nanny", "--load", file});
  CHECK(worker.first == "exit status 1");
  CHECK_THAT(worker.second, Contains(file));
  auto missing = end_of({TEST_TROUPE, "worker", cluster.address(), "--no-nanny", "--load", "/no/such.so"});
  CHECK(missing.first == "exit status 1");
  CHECK_THAT(missing.second, Contains("/no/such.so"));
  cluster.add_worker("only");
  check_alive(cluster);
}
