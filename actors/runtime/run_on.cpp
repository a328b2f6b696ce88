#include <troupe/actors/runtime/internal/run_on.hpp>

#include <memory>
#include <utility>

namespace troupe::detail {
namespace {

class function_step final : public work {
 public:
  explicit function_step(std::function<void()> f) : work(&call), f_(std::move(f)) {}

 private:
  static void call(work& item) noexcept {
    std::unique_ptr<function_step> self(static_cast<function_step*>(&item));
    self->f_();
  }
  std::function<void()> f_;
};

}  // namespace

void run_on(executor& where, std::function<void()> f) { where.post(*new function_step(std::move(f))); }

}  // namespace troupe::detail
