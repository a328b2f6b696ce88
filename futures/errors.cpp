#include <troupe/futures/errors.hpp>

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <typeinfo>
#include <utility>

namespace troupe {
namespace {

std::string sentence(std::string const& type_name, std::string const& message, task_error::origin const& from) {
  return from.function + " failed in attempt " + std::to_string(from.attempt) + " on " + from.worker + ": " +
         type_name + ": " + message;
}

}  // namespace

cancelled_error::cancelled_error(std::string reason)
    : error(reason == "cancelled" ? reason : "cancelled: " + reason), reason_(std::move(reason)) {}

task_error::task_error(std::string type_name, std::string message, origin from, std::exception_ptr original)
    : error(sentence(type_name, message, from)),
      type_name_(std::move(type_name)),
      message_(std::move(message)),
      origin_(std::move(from)),
      original_(std::move(original)) {}

std::string describe(std::exception_ptr const& error) {
  if (!error) return {};
  try {
    std::rethrow_exception(error);
  } catch (std::exception const& e) {
    return e.what();
  } catch (...) {
    return "unknown exception";
  }
}

namespace detail {

std::string readable_type_name(char const* mangled) {
  int status = 0;
  std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(mangled, nullptr, nullptr, &status), &std::free);
  std::string name = status == 0 ? text.get() : mangled;
  for (std::string_view drop : {"__cxx11::", "std::__1::"})
    for (auto at = name.find(drop); at != name.npos; at = name.find(drop)) name.erase(at, drop.size());
  return name;
}

std::exception_ptr as_task_error(std::exception_ptr const& thrown, task_error::origin from) {
  std::string type = "unknown", message = "unknown exception";
  try {
    std::rethrow_exception(thrown);
  } catch (std::exception const& e) {
    type = readable_type_name(typeid(e).name());
    message = e.what();
  } catch (...) {
    if (auto* info = abi::__cxa_current_exception_type()) type = readable_type_name(info->name());
  }
  return std::make_exception_ptr(task_error(std::move(type), std::move(message), std::move(from), thrown));
}

bool is_cancellation(std::exception_ptr const& error) noexcept {
  if (!error) return false;
  try {
    std::rethrow_exception(error);
  } catch (cancelled_error const&) {
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace detail
}  // namespace troupe
