#pragma once

#include <cstdint>

namespace troupe {

/// Where something is run that is not run on a client's cluster:
/// - `sync`: on the calling thread, one call after the other; no other thread takes part.
/// - `threads`: on as many threads as the machine has cores, values are shared.
/// - `processes`: on as many processes, which are this program, started again: its main begins with run() or init().
enum class scheduler : std::uint8_t { sync, threads, processes };

}  // namespace troupe
