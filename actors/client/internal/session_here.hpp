#pragma once

#include <troupe/futures/intrusive_ptr.hpp>

namespace troupe::detail {

class session;

/// The session of the client whose value this thread reads, else that of the worker whose code it runs; null elsewhere.
[[nodiscard]] intrusive_ptr<session> session_here() noexcept;

/// While it lives, this thread reads a value for a client of this session.
class reading_for {
 public:
  explicit reading_for(session& whose) noexcept;
  reading_for(reading_for const&) = delete;
  reading_for& operator=(reading_for const&) = delete;
  ~reading_for();

 private:
  session* outer_;
};

}  // namespace troupe::detail
