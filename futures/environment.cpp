#include <troupe/futures/environment.hpp>

namespace troupe::detail {
namespace {

constinit thread_local environment const* running_environment = nullptr;

}  // namespace

environment const* current_environment() noexcept { return running_environment; }

enter_environment::enter_environment(environment const* env) noexcept : outer_(running_environment) {
  running_environment = env;
}
enter_environment::~enter_environment() { running_environment = outer_; }

void change_environment(environment const* env) noexcept { running_environment = env; }

executor& resumes_on(environment const* env) {
  if (auto* where = env ? env->where : executor::current()) return *where;
  throw error("an await outside of any executor: start the coroutine with run(), block_on() or a scope");
}

void resumption::resume(work& item) noexcept {
  auto& self = static_cast<resumption&>(item);
  enter_environment here(self.env_);
  // The coroutine may end, and take this object with it, before resume returns.
  self.handle_.resume();
}

}  // namespace troupe::detail
