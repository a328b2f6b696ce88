#include <troupe/actors/functions/call.hpp>
#include <troupe/actors/functions/registry.hpp>
#include <troupe/actors/functions/typed_call.hpp>
#include <troupe/futures/errors.hpp>

#include <fmt/format.h>

namespace troupe::detail {
namespace {

class encoded_call final : public call_base {
 public:
  encoded_call(function_info const& f, packet arguments) : call_base(f), arguments_(std::move(arguments)) {}

  [[nodiscard]] std::size_t nbytes() const override { return arguments_.nbytes(); }
  void encode(encoder& out) const override { out.write_encoded(arguments_); }
  [[nodiscard]] packet pack() const override { return arguments_; }

  [[nodiscard]] value_ptr invoke(std::span<input const> inputs, task_context& context,
                                 bool /*final_attempt*/) override {
    auto const& f = here();
    if (!f.run_encoded) throw_is_coroutine(f);
    return as_expected(f.run_encoded(arguments_, inputs, context));
  }
  [[nodiscard]] task<value_ptr> start(std::span<input const> inputs, task_context& context,
                                      bool /*final_attempt*/) override {
    auto const& f = here();
    if (!f.start_encoded) throw_is_no_coroutine(f);
    auto body = f.start_encoded(arguments_, inputs, context);
    return is_expected(*f.result) ? std::move(body) : start_as_expected(this, std::move(body));
  }

 private:
  [[nodiscard]] function_info const& here() const {
    if (function().is_here()) return function();
    if (auto const* found = find_function(function().full_name, function().schema_hash)) return *found;
    throw error("this program has no function " + function().full_name + " of type " + function().schema);
  }
  /// Who calls by name may want another type of the same schema.
  [[nodiscard]] bool is_expected(std::type_info const& found) const {
    return !function().result || *function().result == found;
  }
  [[nodiscard]] value_ptr as_expected(value_ptr value) const {
    if (is_expected(value->type())) return value;
    auto const size = value->nbytes();
    return make_encoded_value(value->pack(), size);
  }
  static task<value_ptr> start_as_expected(encoded_call const* self, task<value_ptr> body) {
    value_ptr value = co_await std::move(body);
    co_return self->as_expected(std::move(value));
  }

  packet arguments_;
};

}  // namespace

std::string make_key(function_info const& function, std::uint32_t number) {
  return fmt::format("{}-{:04x}", function.short_name, number);
}

packet call_base::pack() const {
  encoder out;
  out.share_counted(*this);
  encode(out);
  if (!out.attachments().empty()) shared_.store(true, std::memory_order_relaxed);
  return out.take_packet();
}

call_ptr make_encoded_call(function_info const& function, packet arguments) {
  return call_ptr(new encoded_call(function, std::move(arguments)));
}

std::string call_base::key() const { return task_name_.empty() ? make_key(function_, task_number_) : task_name_; }

void throw_is_coroutine(function_info const& function) {
  throw error(function.short_name + " is a coroutine: it is started, not invoked");
}

void throw_is_no_coroutine(function_info const& function) {
  throw error(function.short_name + " is no coroutine: it is invoked, not started");
}

}  // namespace troupe::detail
