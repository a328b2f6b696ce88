#pragma once

#include "measure.hpp"

#include <string>

namespace troupe::bench {

/// The side of a figure that does its work with Python Dask: see dask/driver.py. All share one process of `python`,
/// which has to have the packages of dask/requirements.txt, and through it one cluster.
[[nodiscard]] contender dask_twin(std::string figure, std::string const& python);

}  // namespace troupe::bench
