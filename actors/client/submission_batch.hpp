#pragma once

#include <troupe/actors/client/client_handle.hpp>
#include <troupe/actors/functions/call.hpp>
#include <troupe/futures/future.hpp>
#include <troupe/futures/work.hpp>

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace troupe::detail {

struct submission;

/// How a task of a batch is submitted that is one of a graph.
struct graph_task {
  /// Null for the defaults.
  std::shared_ptr<task_options const> options;
  /// Empty for one that is made.
  std::string_view key;
  /// Tasks of equal keys are one, see task_options::key. Else the key is the task's name and no more.
  bool shares_key = true;
};

/// Tasks on their way: handed over in portions, the rest when it goes.
class submission_batch {
 public:
  explicit submission_batch(client_handle of);
  submission_batch(submission_batch const&) = delete;
  submission_batch& operator=(submission_batch const&) = delete;
  ~submission_batch();

  /// As the client's options say; with a key, as the next one of a map.
  [[nodiscard]] intrusive_ptr<state_base> submit(bound_call what);
  /// Tasks of a graph come in the order in which they are to run: see submitted_task::in_order.
  [[nodiscard]] intrusive_ptr<state_base> submit(bound_call what, graph_task const& how);

 private:
  [[nodiscard]] intrusive_ptr<state_base> submit(bound_call what, submission how);
  void flush() noexcept;

  client_handle of_;
  std::size_t submitted_ = 0;
  std::size_t portion_;
  // Tasks of the portion that is being filled.
  work_list held_;
  // What they take: a range may make its futures as it is walked through, and drop them.
  std::vector<any_future> inputs_;
  std::size_t held_count_ = 0;
};

}  // namespace troupe::detail
