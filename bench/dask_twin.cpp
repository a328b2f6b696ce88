#include "dask_twin.hpp"
#include "child.hpp"

#include <memory>
#include <stdexcept>

namespace troupe::bench {
namespace {

/// TROUPE_BENCH_DASK, the folder of the driver, comes from CMake.
child& driver(std::string const& python) {
  static child running({python, TROUPE_BENCH_DASK "/driver.py"}, child::group::its_own);
  return running;
}

sample read_answer(child& from) {
  sample s;
  for (auto line = from.read_line(); line != "end"; line = from.read_line()) {
    auto space = line.find(' ');
    auto name = line.substr(0, space);
    if (name == "error") throw std::runtime_error("Dask: " + line.substr(space + 1));
    auto number = std::stod(line.substr(space + 1));
    if (name == "value")
      s.value = number;
    else if (name == "p99")
      s.p99 = number;
    else if (name == "cpu_us")
      s.cpu_us = number;
    else
      s.more.emplace_back(name, number);
  }
  return s;
}

}  // namespace

contender dask_twin(std::string figure, std::string const& python) {
  return {"dask", [=] {
            auto& d = driver(python);
            d.thaw();
            d.write_line(figure);
            auto answer = read_answer(d);
            // Dask's processes take a few per cent of a core with nothing to do: not from the other sides' runs.
            d.freeze();
            return answer;
          }};
}

}  // namespace troupe::bench
