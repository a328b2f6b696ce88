#include "dask_twin.hpp"
#include "figures.hpp"
#include "roles.hpp"

#include <troupe/actors/cluster/run.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace {

using namespace troupe::bench;

std::vector<figure> all_figures() {
  std::vector<figure> all;
  for (auto list : {&limit_figures, &task_figures, &actor_figures, &round_trip_figures, &map_figures,
                    &allocation_figures, &compile_figures, &codec_figures, &small_fetch_figures, &graph_figures})
    for (auto& f : list()) all.push_back(std::move(f));
  // Those whose work dask/driver.py can do, too.
  for (auto list : {&core_figures, &order_figures, &merge_figures, &zero_worker_figures, &shape_figures,
                    &tcp_round_trip_figures, &latency_figures, &actor_call_figures, &ingest_figures, &fetch_figures,
                    &gather_figures, &scheduler_memory_figures, &granularity_figures, &balance_figures, &start_figures})
    for (auto& f : list()) {
      f.has_dask_twin = true;
      all.push_back(std::move(f));
    }
  return all;
}

void list(std::vector<figure> const& all) {
  std::size_t width = 0;
  for (auto const& f : all) width = std::max(width, f.name.size());
  for (auto const& f : all)
    std::printf("%-*s  %s%s\n", static_cast<int>(width), f.name.c_str(), f.what.c_str(),
                f.has_dask_twin ? "; Dask" : "");
}

struct command_line {
  bool list = false;
  /// The interpreter that has Dask; "" to measure without it.
  std::string dask_python;
  /// Of each side; 0: as many as the figure asks for.
  std::size_t runs = 0;
  std::vector<std::string> names;
};

std::size_t number_in(std::string const& word) {
  std::size_t number = 0;
  auto const* end = word.data() + word.size();
  if (auto read = std::from_chars(word.data(), end, number); read.ec != std::errc() || read.ptr != end || number == 0)
    throw std::invalid_argument("--runs takes a number from 1 on, not '" + word + "'");
  return number;
}

/// Throws std::invalid_argument.
command_line parse(std::vector<std::string> const& arguments) {
  command_line parsed;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--list")
      parsed.list = true;
    else if (arguments[i] == "--dask" && i + 1 < arguments.size())
      parsed.dask_python = arguments[++i];
    else if (arguments[i] == "--runs" && i + 1 < arguments.size())
      parsed.runs = number_in(arguments[++i]);
    else
      parsed.names.push_back(arguments[i]);
  }
  return parsed;
}

/// Dask's side runs by turns with the others. Empty where it has none.
std::optional<figure> with_dask(figure f, std::string const& python) {
  if (!f.has_dask_twin) return std::nullopt;
  f.repeats = std::min<std::size_t>(f.repeats, 5);
  f.contenders = [sides = f.contenders, name = f.name, python] {
    auto all = sides();
    all.push_back(dask_twin(name, python));
    return all;
  };
  return f;
}

/// Those named, or all; throws std::invalid_argument for a name that is none.
std::vector<figure> choose(std::vector<figure> const& all, command_line const& line) {
  std::vector<figure> chosen;
  for (auto const& name : line.names) {
    auto found = std::find_if(all.begin(), all.end(), [&](figure const& f) { return f.name == name; });
    if (found == all.end()) throw std::invalid_argument("no figure is called " + name + ": --list names them");
    if (!line.dask_python.empty() && !found->has_dask_twin) throw std::invalid_argument(name + " has no side in Dask");
    chosen.push_back(*found);
  }
  if (line.names.empty()) chosen = all;
  if (line.dask_python.empty()) return chosen;
  std::vector<figure> beside;
  for (auto& f : chosen)
    if (auto both = with_dask(std::move(f), line.dask_python)) beside.push_back(std::move(*both));
  return beside;
}

int run(std::vector<figure> chosen, std::size_t runs) {
  bool failed = false;
  for (auto& f : chosen) {
    if (runs > 0) f.repeats = runs;
    try {
      measure(f);
    } catch (std::exception const& e) {
      std::fprintf(stderr, "%s: %s\n", f.name.c_str(), e.what());
      failed = true;
    }
  }
  return failed ? 1 : 0;
}

}  // namespace

/// troupe_bench [--runs N] [NAME…] prints one JSON object a line; troupe_bench --list names the figures; troupe_bench
/// --dask PYTHON [NAME…] runs those that Dask can do, too, with Dask beside.
int main(int argc, char** argv) {
  // start-2-processes starts this program again as its workers.
  troupe::init(argc, argv);
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (auto status = play_role(arguments)) return *status;
  try {
    auto line = parse(arguments);
    auto all = all_figures();
    if (!line.list) return run(choose(all, line), line.runs);
    list(all);
    return 0;
  } catch (std::invalid_argument const& problem) {
    std::fprintf(stderr, "troupe_bench: %s\n", problem.what());
    return 2;
  }
}
