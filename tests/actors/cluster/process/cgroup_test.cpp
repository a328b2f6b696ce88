#include <troupe/actors/cluster/process/internal/cgroup.hpp>

#include <catch2/catch.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace {

namespace fs = std::filesystem;
using troupe::detail::read_cgroup;

/// A folder that looks like mounted control groups.
class groups {
 public:
  groups() {
    std::string pattern = (fs::temp_directory_path() / "troupe-cgroup-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  ~groups() { fs::remove_all(root_); }
  groups(groups const&) = delete;
  groups& operator=(groups const&) = delete;

  groups& file(fs::path const& path, std::string const& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
    return *this;
  }
  [[nodiscard]] fs::path const& root() const { return root_; }

 private:
  fs::path root_;
};

}  // namespace

TEST_CASE("the limits of a version 2 group are the smallest up to the root") {
  groups g;
  g.file("a/memory.max", "2000\n").file("a/b/memory.max", "max\n").file("a/b/memory.current", "1234\n");
  g.file("a/b/memory.events", "low 0\nhigh 0\nmax 5\noom 2\noom_kill 1\n");
  g.file("a/cpu.max", "150000 100000\n").file("a/b/cpu.max", "max 100000\n");
  auto facts = read_cgroup("0::/a/b\n", g.root());
  CHECK(facts.memory_limit == 2000);
  CHECK(facts.memory_used == 1234);
  CHECK(facts.kernel_kills == 1);
  CHECK(facts.cores == 1.5);
}

TEST_CASE("a container that sees only its own group finds it at the mount") {
  groups g;
  g.file("memory.max", "5000\n").file("memory.current", "10\n");
  auto facts = read_cgroup("0::/system.slice/docker-abc.scope\n", g.root());
  CHECK(facts.memory_limit == 5000);
  CHECK(facts.memory_used == 10);
}

TEST_CASE("a version 1 controller is read where there is one") {
  groups g;
  g.file("memory/job/memory.limit_in_bytes", "3000\n").file("memory/memory.limit_in_bytes", "9223372036854771712\n");
  g.file("memory/job/memory.usage_in_bytes", "17\n");
  g.file("memory/job/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n");
  g.file("cpu/cpu.cfs_quota_us", "-1\n").file("cpu/cpu.cfs_period_us", "100000\n");
  auto facts = read_cgroup("5:memory:/job\n3:cpuset:/\n1:cpuacct,cpu:/\n0::/\n", g.root());
  CHECK(facts.memory_limit == 3000);
  CHECK(facts.memory_used == 17);
  CHECK(facts.kernel_kills == 4);
  CHECK_FALSE(facts.cores);
}

TEST_CASE("no limit and no group are said by nothing") {
  groups g;
  g.file("memory.max", "max\n");
  CHECK_FALSE(read_cgroup("0::/\n", g.root()).memory_limit);
  CHECK_FALSE(read_cgroup("", g.root()).memory_limit);
  CHECK_FALSE(read_cgroup("nonsense", g.root()).kernel_kills);
  g.file("memory/memory.limit_in_bytes", "9223372036854771712\n");
  CHECK_FALSE(read_cgroup("5:memory:/\n", g.root()).memory_limit);
}
