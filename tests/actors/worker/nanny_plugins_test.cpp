#include <troupe/actors/worker/internal/nanny_plugins.hpp>
#include <troupe/futures/errors.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using troupe::detail::nanny_plugins;
using names = std::vector<std::string>;

/// Writes down what happens to it, in the letter that it is called by.
class writing : public troupe::nanny_plugin {
 public:
  writing(std::string name, names& lines) : name_(std::move(name)), lines_(lines) {}
  void setup() override { lines_.push_back(name_ + " setup"); }
  void before_start(troupe::worker_start& start) override {
    lines_.push_back(name_ + " start " + std::to_string(start.number) + " of " + start.worker);
    start.environment["BY"] += name_;
  }
  void teardown() override { lines_.push_back(name_ + " teardown"); }

 protected:
  std::string const name_;
  names& lines_;
};
/// Another type.
class restarting : public writing {
 public:
  using writing::writing;
  [[nodiscard]] bool restarts_workers() const override { return true; }
};
class throwing : public troupe::nanny_plugin {
 public:
  explicit throwing(bool at_setup) : at_setup_(at_setup) {}
  void setup() override {
    if (at_setup_) throw std::runtime_error("not now");
  }
  void before_start(troupe::worker_start&) override { throw 7; }
  void teardown() override { throw std::runtime_error("not ever"); }

 private:
  bool const at_setup_;
};
class setting : public troupe::nanny_plugin {
 public:
  explicit setting(std::string name) : name_(std::move(name)) {}
  void before_start(troupe::worker_start& start) override { start.environment[name_] = "1"; }

 private:
  std::string const name_;
};

std::string problem_of(nanny_plugins& plugins) {
  try {
    static_cast<void>(plugins.begin_start("w"));
  } catch (troupe::error const& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a nanny's plugins see each start in the order in which they came, and end the other way round") {
  names lines;
  nanny_plugins plugins;
  CHECK(plugins.begin_start("w").environment.empty());
  CHECK(plugins.put("a", std::make_shared<writing>("a", lines)).begin_anew == 0);
  static_cast<void>(plugins.put("b", std::make_shared<restarting>("b", lines)));
  auto start = plugins.begin_start("w");
  CHECK(start.number == 2);
  CHECK(start.environment.at("BY") == "ab");
  plugins.close();
  CHECK(lines == names{"a setup", "b setup", "a start 2 of w", "b start 2 of w", "b teardown", "a teardown"});
  CHECK_THROWS_AS(plugins.put("c", std::make_shared<writing>("c", lines)), troupe::actor_gone);
  CHECK(plugins.begin_start("w").environment.empty());
}

TEST_CASE("a plugin that restarts workers has those begin anew that were begun before it was set up") {
  names lines;
  nanny_plugins plugins;
  CHECK(plugins.put("a", std::make_shared<restarting>("a", lines)).begin_anew == 0);
  static_cast<void>(plugins.begin_start("v"));
  static_cast<void>(plugins.begin_start("w"));
  CHECK(plugins.put("b", std::make_shared<restarting>("b", lines)).begin_anew == 2);
  CHECK(plugins.begin_start("w").number == 3);
}

TEST_CASE("a nanny has one plugin of each type and of each name") {
  names lines;
  nanny_plugins plugins;
  static_cast<void>(plugins.put("a", std::make_shared<writing>("1", lines)));
  static_cast<void>(plugins.put("b", std::make_shared<writing>("2", lines)));
  static_cast<void>(plugins.put("b", std::make_shared<restarting>("3", lines)));
  plugins.remove("a");
  CHECK(lines == names{"1 setup", "1 teardown", "2 setup", "2 teardown", "3 setup"});
  plugins.remove("b");
  CHECK(lines.back() == "3 teardown");
}

TEST_CASE("what a nanny's plugin throws fails what it was called for") {
  nanny_plugins plugins;
  CHECK_THROWS_WITH(plugins.put("t", std::make_shared<throwing>(true)), Catch::Contains("not now"));
  CHECK(problem_of(plugins) == "no error");
  static_cast<void>(plugins.put("t", std::make_shared<throwing>(false)));
  CHECK_THAT(problem_of(plugins), Catch::StartsWith("the plugin t does not let it start: "));
  plugins.remove("t");
  CHECK(problem_of(plugins) == "no error");
}

TEST_CASE("a variable that cannot be is no start") {
  for (auto const& name : {std::string(), std::string("A=B"), std::string("A\0B", 3)}) {
    nanny_plugins plugins;
    static_cast<void>(plugins.put("s", std::make_shared<setting>(name)));
    CHECK_THAT(problem_of(plugins), Catch::Contains("the plugin s ") && Catch::Contains("there can be no variable '"));
  }
}
