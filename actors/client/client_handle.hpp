#pragma once

#include <troupe/actors/client/task_options.hpp>
#include <troupe/actors/scheduler/ids.hpp>
#include <troupe/futures/intrusive_ptr.hpp>

#include <memory>

namespace troupe::detail {

/// The attempt that submits.
struct submitting_attempt {
  task_id task;
  attempt_id attempt;
};

/// What a client is made of: its session, and how and from where it submits.
struct client_handle {
  intrusive_ptr<ref_counted> session;  // a detail::session
  std::shared_ptr<task_options const> options;
  submitting_attempt parent;
};

}  // namespace troupe::detail
