#include <troupe/actors/scheduler/internal/scheduler_plugins.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace troupe;
using namespace troupe::detail;
using lines = std::vector<std::string>;

/// Notes what it is told; calls `meanwhile` while it is told of its first event.
struct watcher final : scheduler_plugin {
  void on_event(cluster_event const& event) override {
    noted.push_back(event.what);
    if (auto now = std::exchange(meanwhile, {})) now();
  }
  void on_dropped(std::uint64_t count) override { noted.push_back("dropped " + std::to_string(count)); }
  void teardown() override { noted.emplace_back("ends"); }

  lines noted;
  std::function<void()> meanwhile;
};

std::vector<cluster_event> events(int first, int count) {
  std::vector<cluster_event> made;
  for (int i = first; i < first + count; ++i) made.emplace_back().what = std::to_string(i);
  return made;
}

/// A plugin whose steps run when the test says so.
struct scene {
  void run() {
    while (!steps.empty()) {
      auto* step = steps.front();
      steps.erase(steps.begin());
      step->run(*step);
    }
  }

  std::vector<work*> steps;
  std::shared_ptr<watcher> plugin = std::make_shared<watcher>();
  intrusive_ptr<told_plugin> told =
      make_intrusive<told_plugin>("watcher", plugin, [this](work& step) { steps.push_back(&step); });
};

}  // namespace

TEST_CASE("a plugin of the scheduler is told all in order while it keeps up") {
  scene s;
  s.told->tell(events(0, 2));
  s.run();
  s.told->tell(events(2, 1));
  s.run();
  auto ended = s.told->end();
  CHECK_FALSE(ended.done());
  s.run();
  CHECK(ended.done());
  s.told->tell(events(3, 1));
  s.run();
  CHECK(s.plugin->noted == lines{"0", "1", "2", "ends"});
}

TEST_CASE("a plugin of the scheduler that is behind at its end is told how far, and no more") {
  scene s;
  future<void> ended;
  s.plugin->meanwhile = [&] {
    s.told->tell(events(5, 6));
    ended = s.told->end();
  };
  s.told->tell(events(0, 5));
  s.run();
  REQUIRE(ended.valid());
  CHECK(ended.done());
  CHECK(s.plugin->noted == lines{"0", "dropped 10", "ends"});
}

TEST_CASE("a plugin of the scheduler that ends before it was told anything is told how much there was") {
  scene s;
  s.told->tell(events(0, 3));
  auto ended = s.told->end();
  s.run();
  CHECK(ended.done());
  CHECK(s.plugin->noted == lines{"dropped 3", "ends"});
}
