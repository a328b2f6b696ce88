#include <troupe/actors/runtime/envelope.hpp>

#include <troupe/actors/runtime/actor_core.hpp>
#include <troupe/actors/runtime/event_loop.hpp>

namespace troupe::detail {

envelope::envelope() noexcept : work(nullptr) {}
envelope::~envelope() = default;

class ask_envelope::watch : public timer {
 public:
  explicit watch(ask_envelope& asked) noexcept : timer(&passed), asked_(asked) {}

 private:
  static void passed(work& item) noexcept {
    ask_envelope& asked = static_cast<watch&>(item).asked_;
    asked.deadline_passed();
    asked.let_go();
  }
  ask_envelope& asked_;
};

ask_envelope::ask_envelope(time_point deadline) noexcept : deadline_(deadline) {}
ask_envelope::~ask_envelope() = default;

void ask_envelope::arrived(actor_core& core) noexcept {
  if (deadline_ == time_point::max()) return;
  if (deadline_ <= core.now()) return deadline_passed();
  watch_ = std::make_unique<watch>(*this);
  hold();
  core.loop().post_at(deadline_, *watch_);
}

void ask_envelope::forget_deadline(actor_core& core) noexcept {
  if (watch_ && core.loop().cancel(*watch_)) let_go();
}

}  // namespace troupe::detail
