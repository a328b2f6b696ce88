#pragma once

#include <troupe/futures/errors.hpp>

namespace troupe {

/// Bytes that are no message of the expected type (offset, what was expected, what was found), or a value that cannot
/// be written.
class codec_error : public error {
 public:
  using error::error;
};

}  // namespace troupe
