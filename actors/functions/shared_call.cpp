#include <troupe/actors/functions/shared_call.hpp>

#include <utility>

namespace troupe::detail {
namespace {

class shared_call final : public call_base {
 public:
  explicit shared_call(call_ptr original) : call_base(original->function()), original_(std::move(original)) {}

  [[nodiscard]] std::size_t nbytes() const override { return original_->nbytes(); }
  void encode(encoder& out) const override { original_->encode(out); }
  [[nodiscard]] packet pack() const override { return original_->pack(); }
  [[nodiscard]] value_ptr invoke(std::span<input const> inputs, task_context& context,
                                 bool /*final_attempt*/) override {
    return original_->invoke(inputs, context, false);
  }
  [[nodiscard]] task<value_ptr> start(std::span<input const> inputs, task_context& context,
                                      bool /*final_attempt*/) override {
    return original_->start(inputs, context, false);
  }
  [[nodiscard]] bool moves_inputs() const noexcept override { return original_->moves_inputs(); }

 private:
  call_ptr original_;
};

}  // namespace

call_ptr make_shared_call(call_ptr original) { return call_ptr(new shared_call(std::move(original))); }

}  // namespace troupe::detail
