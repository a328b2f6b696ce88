#include <troupe/net/codec/codec.hpp>
#include <troupe/net/codec/error.hpp>

namespace troupe::detail {

void throw_local_encoded() { throw codec_error("a troupe::local<T> cannot leave its process"); }
void throw_local_decoded() { throw codec_error("a troupe::local<T> cannot come from another process"); }
void throw_valueless_variant() { throw codec_error("a variant that is valueless by exception cannot be encoded"); }

std::size_t measured_size(encoder const& measured) noexcept {
  std::size_t sum = measured.size();
  for (auto const& a : measured.attachments()) sum += a.size();
  return sum;
}

}  // namespace troupe::detail
