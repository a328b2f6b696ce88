#include <troupe/actors/cluster/config/config.hpp>
#include <troupe/futures/errors.hpp>

#include <catch2/catch.hpp>

#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using troupe::detail::config;
using troupe::detail::config_origins;

/// A folder for a test's files.
class folder {
 public:
  folder() {
    std::string pattern = (fs::temp_directory_path() / "troupe-config-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~folder() { fs::remove_all(path_); }
  folder(folder const&) = delete;
  folder& operator=(folder const&) = delete;

  fs::path file(std::string const& name, std::string const& text) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
    return path_ / name;
  }
  [[nodiscard]] fs::path operator/(std::string const& name) const { return path_ / name; }

 private:
  fs::path path_;
};

config from_yaml(std::string const& text) {
  folder f;
  return config::load({.files = {f.file("a.yaml", text)}});
}

config from_environment(std::map<std::string, std::string> variables) {
  return config::load({.environment = std::move(variables)});
}

/// What is said after the name of the file.
std::string complaint(std::string const& yaml) {
  folder f;
  auto path = f.file("a.yaml", yaml);
  try {
    static_cast<void>(config::load({.files = {path}}));
  } catch (troupe::error const& e) {
    std::string text = e.what();
    auto at = text.find("a.yaml:");
    return at == std::string::npos ? "names no file: " + text : text.substr(at);
  }
  return "no complaint";
}

}  // namespace

TEST_CASE("without files and variables everything has its built-in value") {
  auto c = config::load({});
  CHECK(c.text("scheduler.port") == "8786");
  CHECK(c.source("scheduler.port") == "default");
  CHECK(c.time("worker.death-timeout") == 60s);
  CHECK(c.fraction("worker.memory.terminate") == 0.95);
  CHECK(c.flag("worker.nanny"));
  CHECK(c.list("worker.preload").empty());
  CHECK(c.amounts("worker.resources").empty());
  CHECK(c.texts("nanny.environ").at("OMP_NUM_THREADS") == "1");
  CHECK(c.warnings().empty());
}

TEST_CASE("each source is stronger than those before it") {
  folder f;
  f.file("etc/b.yaml", "worker: {nthreads: 2, name: second, nworkers: 2, death-timeout: 2s}");
  f.file("etc/a.yaml", "worker: {nthreads: 1, name: first, nworkers: 1, death-timeout: 1s, port: 1}");
  f.file("home/c.yml", "worker: {nthreads: 3, name: third, nworkers: 3}");
  f.file("asked.yaml", "worker: {nthreads: 4, name: fourth}");
  auto c = config::load({.files = {f / "etc", f / "home", f / "missing"},
                         .asked_for = f / "asked.yaml",
                         .environment = {{"TROUPE_WORKER__NTHREADS", "5"}}});
  CHECK(c.text("worker.port") == "1");
  CHECK(c.time("worker.death-timeout") == 2s);
  CHECK(c.text("worker.nworkers") == "3");
  CHECK(c.text("worker.name") == "fourth");
  CHECK(c.count("worker.nthreads") == 5);
  CHECK(c.source("worker.nthreads") == "TROUPE_WORKER__NTHREADS");
  CHECK(c.source("worker.name") == (f / "asked.yaml").string() + ":1");
  CHECK(c.blame("worker.name") == (f / "asked.yaml").string() + ":1: worker.name");
  c.set("worker.nthreads", "6", "--nthreads");
  CHECK(c.count("worker.nthreads") == 6);
  CHECK(c.source("worker.nthreads") == "--nthreads");
  CHECK(c.blame("worker.nthreads") == "--nthreads");
}

TEST_CASE("underscores and hyphens, capitals and small letters are the same in keys") {
  CHECK(from_yaml("worker: {death_timeout: 5s}").time("worker.death-timeout") == 5s);
  CHECK(from_yaml("Worker: {Death-Timeout: 5s}").time("worker.death-timeout") == 5s);
  CHECK(from_environment({{"TROUPE_WORKER__DEATH_TIMEOUT", "5s"}}).time("worker.death-timeout") == 5s);
  CHECK(from_environment({{"TROUPE_SCHEDULER_ADDRESS", "h"}}).text("scheduler-address") == "h");
}

TEST_CASE("keys may be written with dots") {
  CHECK(from_yaml("worker.lifetime.duration: 1h").time("worker.lifetime.duration") == 1h);
}

TEST_CASE("tables are put together by name, whose letters stay as they are") {
  folder f;
  auto a = f.file("a.yaml", "worker: {resources: {GPU: 2, MEM: 5}}");
  auto b = f.file("b.yaml", "worker: {resources: {MEM: ~, tape_drives: 1}}");
  auto c = config::load({.files = {a, b}, .environment = {{"TROUPE_WORKER__RESOURCES__FPGA", "3"}}});
  CHECK(c.amounts("worker.resources") == std::map<std::string, double>{{"GPU", 2}, {"tape_drives", 1}, {"FPGA", 3}});
  c.set("worker.resources", "GPU=1", "--resources");
  CHECK(c.amounts("worker.resources") == std::map<std::string, double>{{"GPU", 1}});
  c.set("worker.resources", "", "--resources");
  CHECK(c.amounts("worker.resources").empty());
}

TEST_CASE("lists come from YAML or are split at commas") {
  using texts = std::vector<std::string>;
  CHECK(from_yaml("worker: {preload: [a.so, 'b c.so']}").list("worker.preload") == texts{"a.so", "b c.so"});
  CHECK(from_yaml("worker: {preload: a.so}").list("worker.preload") == texts{"a.so"});
  CHECK(from_environment({{"TROUPE_WORKER__PRELOAD", "a.so, b.so"}}).list("worker.preload") == texts{"a.so", "b.so"});
  CHECK(from_environment({{"TROUPE_WORKER__PRELOAD", "[a.so, b.so]"}}).list("worker.preload") == texts{"a.so", "b.so"});
}

TEST_CASE("a variable may hold a whole section or table") {
  auto c = from_environment(
      {{"TROUPE_WORKER", "{nthreads: 7, lifetime: {duration: 2h}}"}, {"TROUPE_WORKER__RESOURCES", "{GPU: 4}"}});
  CHECK(c.count("worker.nthreads") == 7);
  CHECK(c.time("worker.lifetime.duration") == 2h);
  CHECK(c.amounts("worker.resources").at("GPU") == 4);
}

TEST_CASE("null takes the built-in value back") {
  folder f;
  auto c = config::load(
      {.files = {f.file("a.yaml", "worker: {death-timeout: 5s}"), f.file("b.yaml", "worker: {death-timeout: }")}});
  CHECK(c.time("worker.death-timeout") == 60s);
}

TEST_CASE("a wrong value is an error that names file, line and key") {
  CHECK(complaint("worker:\n  nthreads: 4\n  death-timeout: soon\n") ==
        "a.yaml:3: worker.death-timeout takes a time such as 30s, 500ms or 1h 30m, not 'soon'");
  CHECK(complaint("worker:\n  nthreads: [1, 2]\n") == "a.yaml:2: worker.nthreads takes one value, not a list");
  CHECK(complaint("\nworker:\n  nthreads: {a: 1}\n") == "a.yaml:3: worker.nthreads takes one value, not a table");
  CHECK(complaint("worker: 5\n") == "a.yaml:1: worker takes settings of its own");
  CHECK(complaint("worker:\n  resources: 5\n") == "a.yaml:2: worker.resources takes a table such as {GPU: 2}");
  CHECK(complaint("worker:\n  resources: {GPU: many}\n") ==
        "a.yaml:2: worker.resources.GPU takes amounts from 0 on, such as 2 or 1e9, not 'many'");
  CHECK(complaint("worker: {preload: [[a]]}") == "a.yaml:1: worker.preload takes a list of words");
  CHECK(complaint("- a\n- b\n") == "a.yaml:1: settings have to be 'key: value' lines");
}

TEST_CASE("a file that is no YAML is an error that names file and line") {
  CHECK(complaint("worker:\n  nthreads: [1\n").starts_with("a.yaml:3: "));
  CHECK(complaint("worker: {a: b\n").starts_with("a.yaml:2: "));
}

TEST_CASE("a wrong value in a variable or an option is an error that names it") {
  CHECK_THROWS_WITH(from_environment({{"TROUPE_WORKER__NTHREADS", "many"}}),
                    "TROUPE_WORKER__NTHREADS takes a number from 0 on, not 'many'");
  CHECK_THROWS_WITH(from_environment({{"TROUPE_WORKER__RESOURCES", "GPU"}}),
                    "TROUPE_WORKER__RESOURCES takes names with amounts such as GPU=2,MEM=1e9, not 'GPU'");
  config c;
  CHECK_THROWS_WITH(c.set("worker.nthreads", "many", "--nthreads"), "--nthreads takes a number from 0 on, not 'many'");
}

TEST_CASE("unknown keys are warned of with the nearest one") {
  folder f;
  auto path = f.file("a.yaml", "worker:\n  nthread: 4\nnanny:\n  nthreads: 1\nzzz: 1\n");
  auto c = config::load({.files = {path}, .environment = {{"TROUPE_WORKER__NTHREDS", "1"}, {"OTHER_VARIABLE", "1"}}});
  using texts = std::vector<std::string>;
  CHECK(c.warnings() ==
        texts{path.string() + ":2: there is no setting 'worker.nthread'; did you mean 'worker.nthreads'?",
              path.string() + ":4: there is no setting 'nanny.nthreads'; did you mean 'worker.nthreads'?",
              path.string() + ":5: there is no setting 'zzz'",
              "TROUPE_WORKER__NTHREDS: there is no setting 'worker.nthreds'; did you mean 'worker.nthreads'?"});
}

TEST_CASE("a key that is given twice is warned of") {
  auto c = from_yaml("worker: {death-timeout: 1s, death_timeout: 2s}");
  REQUIRE(c.warnings().size() == 1);
  CHECK(c.warnings().front().ends_with("worker.death_timeout is given twice; this one counts"));
  CHECK(c.time("worker.death-timeout") == 2s);
}

TEST_CASE("a file that was asked for has to exist, others need not") {
  CHECK_THROWS_WITH(config::load({.asked_for = "/no/such.yaml"}),
                    "/no/such.yaml: no such configuration file or folder");
  CHECK(config::load({.files = {"/no/such.yaml"}}).warnings().empty());
}

TEST_CASE("an empty file changes nothing") {
  CHECK(from_yaml("").text("scheduler.port") == "8786");
  CHECK(from_yaml("# only a comment\nworker:\n").text("scheduler.port") == "8786");
}

TEST_CASE("what is printed is YAML that means the same") {
  folder f;
  auto first = config::load({.files = {f.file("a.yaml",
                                              "scheduler-address: 'tcp://[::1]:8786'\n"
                                              "worker:\n  resources: {GPU: 2, 'odd: name': 1}\n"
                                              "  preload: ['a, b.so', c.so]\n  name: 'true # no comment'\n")}});
  auto second = config::load({.files = {f.file("b.yaml", first.to_yaml())}});
  for (auto const& s : troupe::detail::all_settings()) CHECK(first.get(s.key) == second.get(s.key));
  CHECK(second.warnings().empty());
}

TEST_CASE("what is printed says where each value comes from") {
  auto text = from_environment({{"TROUPE_SCHEDULER__PORT", "1234"}}).to_yaml();
  CHECK_THAT(text, Catch::Contains("scheduler:\n  host: \"\"                                # default\n"
                                   "  port: 1234                              # TROUPE_SCHEDULER__PORT\n"));
  CHECK_THAT(text, Catch::Contains("\n  lifetime:\n    duration: \"\""));
}

TEST_CASE("single values, sections and tables can be asked for") {
  auto c = from_yaml("worker: {resources: {GPU: 2}, preload: [a.so, b.so]}");
  CHECK(c.get("scheduler.port") == "8786\n");
  CHECK(c.get("worker.resources.GPU") == "2\n");
  CHECK(c.get("worker.resources") == "worker:\n  resources:\n    GPU: 2\n");
  CHECK(c.get("worker.preload") == "[a.so, b.so]\n");
  CHECK(c.get("worker.lifetime") == "worker:\n  lifetime:\n    duration: \"\"\n    stagger: 0s\n    restart: false\n");
  CHECK_THROWS_WITH(c.get("worker.nthread"), "there is no setting 'worker.nthread'; did you mean 'worker.nthreads'?");
  CHECK_THROWS_WITH(c.get("worker.resources.FPGA"), "'worker.resources.FPGA' is not set");
}

TEST_CASE("the process's own origins are those that the manual names") {
  ::setenv("TROUPE_CONFIG", "/somewhere/x.yaml", 1);
  ::setenv("HOME", "/home/someone", 1);
  auto origins = config_origins::of_process();
  ::unsetenv("TROUPE_CONFIG");
  CHECK(origins.files == std::vector<fs::path>{"/etc/troupe", "/home/someone/.config/troupe"});
  CHECK(origins.asked_for == "/somewhere/x.yaml");
  CHECK(origins.environment.at("HOME") == "/home/someone");
}

TEST_CASE("the manual names every setting with its built-in value") {
  std::ifstream in(TEST_MANUAL);
  std::string manual{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  for (auto const& s : troupe::detail::all_settings()) {
    auto value = s.standard.empty() ? std::string() : "`" + std::string(s.standard) + "`";
    CHECK_THAT(manual, Catch::Contains("\n| `" + std::string(s.key) + "` | " + value + " | "));
  }
}
