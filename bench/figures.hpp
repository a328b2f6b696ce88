#pragma once

#include "measure.hpp"

#include <vector>

namespace troupe::bench {

[[nodiscard]] std::vector<figure> task_figures();
[[nodiscard]] std::vector<figure> actor_figures();
[[nodiscard]] std::vector<figure> round_trip_figures();
[[nodiscard]] std::vector<figure> map_figures();
[[nodiscard]] std::vector<figure> allocation_figures();
[[nodiscard]] std::vector<figure> compile_figures();
[[nodiscard]] std::vector<figure> core_figures();
[[nodiscard]] std::vector<figure> codec_figures();
[[nodiscard]] std::vector<figure> limit_figures();
[[nodiscard]] std::vector<figure> latency_figures();
[[nodiscard]] std::vector<figure> merge_figures();
[[nodiscard]] std::vector<figure> tcp_round_trip_figures();
[[nodiscard]] std::vector<figure> actor_call_figures();
[[nodiscard]] std::vector<figure> fetch_figures();
[[nodiscard]] std::vector<figure> gather_figures();
[[nodiscard]] std::vector<figure> small_fetch_figures();
[[nodiscard]] std::vector<figure> start_figures();
[[nodiscard]] std::vector<figure> zero_worker_figures();
[[nodiscard]] std::vector<figure> shape_figures();
[[nodiscard]] std::vector<figure> scheduler_memory_figures();
[[nodiscard]] std::vector<figure> granularity_figures();
[[nodiscard]] std::vector<figure> balance_figures();
[[nodiscard]] std::vector<figure> ingest_figures();
[[nodiscard]] std::vector<figure> graph_figures();
[[nodiscard]] std::vector<figure> order_figures();

}  // namespace troupe::bench
