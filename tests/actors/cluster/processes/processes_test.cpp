#include <troupe/actors/cluster/local_cluster.hpp>
#include <troupe/net/codec/error.hpp>

#include <catch2/catch.hpp>

#include <stdlib.h>
#include <unistd.h>

#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using troupe::cluster_options;

int process_id() { return ::getpid(); }
int add(int a, int b) { return a + b; }
std::vector<double> ramp(int n) {
  std::vector<double> xs(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < xs.size(); ++i) xs[i] = double(i);
  return xs;
}
double sum(std::vector<double> const& a, std::vector<double> const& b) {
  double total = 0;
  for (double x : a) total += x;
  for (double x : b) total += x;
  return total;
}
void refuse(int x) { throw std::out_of_range("no place for " + std::to_string(x)); }

/// Of this process, until the end of its block.
class variable {
 public:
  variable(char const* name, char const* value) : name_(name) { ::setenv(name, value, 1); }
  variable(variable const&) = delete;
  variable& operator=(variable const&) = delete;
  ~variable() { ::unsetenv(name_); }

 private:
  char const* name_;
};

struct stage {
  explicit stage(std::uint32_t workers = 2)
      : cluster(in, cluster_options{}.workers(workers).threads_per_worker(1).processes()), client(cluster.connect()) {}
  troupe::runtime in;
  troupe::local_cluster cluster;
  troupe::client client;
};

}  // namespace

TEST_CASE("the workers of a cluster of processes are other processes, all there when it has been made") {
  stage on;
  CHECK(on.client.cluster_info().get().workers.size() == 2);
  std::vector<troupe::future<int>> ids;
  for (int i = 0; i < 40; ++i) ids.push_back(on.client.submit<process_id>());
  std::set<int> seen;
  for (auto const& f : ids) seen.insert(f.get());
  CHECK_FALSE(seen.contains(::getpid()));
  CHECK_FALSE(seen.empty());
}

TEST_CASE("the configuration of troupe worker is not that of the processes of a program's own cluster") {
  variable several("TROUPE_WORKER__NWORKERS", "4");
  variable short_lived("TROUPE_WORKER__LIFETIME__DURATION", "1ms");
  variable wrong("TROUPE_WORKER__DEATH_TIMEOUT", "soon");
  stage on;
  CHECK(on.client.cluster_info().get().workers.size() == 2);
  CHECK(on.client.submit<add>(1, 2).get() == 3);
}

TEST_CASE("large values go from worker to worker and to the client") {
  stage on;
  std::vector<troupe::future<std::vector<double>>> parts;
  for (int i = 0; i < 8; ++i) parts.push_back(on.client.submit<ramp>(100'000));
  for (int i = 0; i < 7; ++i) {
    auto f = on.client.submit<sum>(parts[std::size_t(i)], parts[std::size_t(i) + 1]);
    CHECK(f.get() == 2 * 4999950000.0);
  }
  CHECK(parts[3].get() == ramp(100'000));
  CHECK(parts[3].get().size() == 100'000);
}

TEST_CASE("an exception comes from another process with its type and text") {
  stage on(1);
  auto f = on.client.submit<refuse>(3);
  try {
    f.get();
    FAIL("no exception");
  } catch (troupe::task_error const& e) {
    CHECK(e.type_name() == "std::out_of_range");
    CHECK(e.message() == "no place for 3");
    CHECK(e.worker() == "worker-0");
    CHECK(e.attempt() == 1);
  }
}

TEST_CASE("a value that cannot travel is refused at submit where there are other processes") {
  stage on(1);
  int here = 0;
  CHECK_THROWS_AS(static_cast<void>(on.client.submit([](troupe::local<int*> p) { return ++**p; }, &here)),
                  troupe::codec_error);
  CHECK(on.client.submit<add>(1, 2).get() == 3);
}

TEST_CASE("closing a cluster of processes ends them and fails what is unfinished") {
  auto on = std::make_unique<stage>();
  auto client = on->client;
  std::vector<troupe::future<int>> futures;
  for (int i = 0; i < 2'000; ++i) futures.push_back(client.submit<add>(i, 1));
  on.reset();
  for (auto const& f : futures) {
    CHECK(f.done());
    if (f.failed()) CHECK_THROWS_AS(f.get(), troupe::client_closed);
  }
}
