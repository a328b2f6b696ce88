#include <troupe/actors/runtime/exit_reason.hpp>

#include <troupe/futures/errors.hpp>

namespace troupe {

exit_reason exit_reason::shutdown(std::string text) { return {kind::shutdown, std::move(text)}; }
exit_reason exit_reason::killed(std::string text) { return {kind::killed, std::move(text)}; }
exit_reason exit_reason::failed(std::string text) {
  auto error = std::make_exception_ptr(troupe::error(text));
  return {kind::failed, std::move(text), std::move(error)};
}
exit_reason exit_reason::failed(std::exception_ptr error) {
  std::string text = describe(error);
  return {kind::failed, std::move(text), std::move(error)};
}

}  // namespace troupe
