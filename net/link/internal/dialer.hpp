#pragma once

#include <troupe/futures/intrusive_ptr.hpp>
#include <troupe/net/link/internal/stream.hpp>

#include <functional>
#include <string>

namespace troupe::detail {

/// Opens streams to one place.
class dialer : public ref_counted {
 public:
  struct outcome {
    stream_ptr on;
    /// Why there is none, for people, without the address.
    std::string failure;
    /// Nobody listens there: not a network that is down for a while.
    bool nobody_listens = false;
  };
  /// `done` runs later, once, with the stream or why there is none; never after cancel.
  virtual void dial(std::function<void(outcome)> done) = 0;
  virtual void cancel() noexcept = 0;
};

}  // namespace troupe::detail
