#pragma once

#include <troupe/actors/client/memory_report.hpp>

namespace troupe {
class worker_context;
}

namespace troupe::detail {

/// Of the worker that runs it.
[[nodiscard]] worker_memory_use use_of_memory(worker_context& worker);

}  // namespace troupe::detail
