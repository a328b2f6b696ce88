#include <troupe/actors/functions/builtin.hpp>
#include <troupe/actors/functions/registry.hpp>
#include <troupe/net/codec/error.hpp>
#include <troupe/net/codec/schema.hpp>

#include <array>
#include <cstring>
#include <span>
#include <utility>

namespace troupe::detail {
namespace {

[[noreturn]] task<value_ptr> not_started(function_info const& f) {
  throw error(f.short_name + " is no coroutine: it is invoked, not started");
}

/// The size comes first and in a fixed number of bytes, so that what follows is the value and nothing else.
using size_bytes = std::array<std::byte, sizeof(std::uint64_t)>;

class scatter_call final : public call_base {
 public:
  scatter_call(function_info const& f, value_ptr value) : call_base(f), value_(std::move(value)) {}

  [[nodiscard]] std::size_t nbytes() const override { return value_->nbytes(); }
  void encode(encoder& out) const override {
    auto const size = std::bit_cast<size_bytes>(std::uint64_t(value_->nbytes()));
    out.write_binary(size);
    value_->encode(out);
  }
  [[nodiscard]] value_ptr invoke(std::span<input const>, task_context&, bool) override { return value_; }
  [[nodiscard]] task<value_ptr> start(std::span<input const>, task_context&, bool) override {
    return not_started(function());
  }

 private:
  value_ptr value_;
};

value_ptr run_scatter(packet const& call, std::span<input const>, task_context&) {
  decoder in(call);
  auto const text = in.read_binary();
  size_bytes size;
  if (text.size() != size.size()) throw codec_error("scattered data does not begin with its size");
  std::memcpy(size.data(), text.data(), size.size());
  packet value{call.head.part(in.offset(), call.head.size() - in.offset()), call.attachments};
  return make_encoded_value(std::move(value), std::bit_cast<std::uint64_t>(size));
}

/// Without arguments.
class bare_call final : public call_base {
 public:
  using call_base::call_base;

  [[nodiscard]] std::size_t nbytes() const override { return 0; }
  void encode(encoder&) const override {}
  [[nodiscard]] value_ptr invoke(std::span<input const> inputs, task_context& context, bool) override {
    return function().run_encoded({}, inputs, context);
  }
  [[nodiscard]] task<value_ptr> start(std::span<input const>, task_context&, bool) override {
    return not_started(function());
  }
};

value_ptr run_touch(packet const&, std::span<input const>, task_context&) { return unit_value(); }

value_ptr run_dataset(packet const&, std::span<input const>, task_context&) {
  throw error("the dataset was withdrawn, its task was cancelled, or the cluster was restarted");
}

value_ptr run_actor(packet const&, std::span<input const>, task_context&) {
  throw actor_gone("the actor is gone: nobody had a handle on it any more");
}

function_info make_builtin(char const* name, char const* schema) {
  function_info info;
  info.short_name = name;
  info.full_name = std::string("troupe::") + name;
  info.schema = schema;
  info.schema_hash = hash_schema(info.schema);
  return info;
}

function_info const& touch_function() {
  static function_info const info = [] {
    auto made = make_builtin("touch", "void(any)");
    made.result = &typeid(unit);
    made.unpack = &unpack_value<unit>;
    made.run_encoded = &run_touch;
    return made;
  }();
  return info;
}

function_info const& actor_function() {
  static function_info const info = [] {
    auto made = make_builtin("actor", "void(held)");
    made.result = &typeid(unit);
    made.unpack = &unpack_value<unit>;
    made.run_encoded = &run_actor;
    return made;
  }();
  return info;
}

// Without a result type: what it gives is read by whoever wants it, as what they want.
function_info const& untyped_scatter_function() {
  static function_info const info = [] {
    auto made = make_builtin("scatter", "any()");
    made.run_encoded = &run_scatter;
    return made;
  }();
  return info;
}

function_info const& untyped_dataset_function() {
  static function_info const info = [] {
    auto made = make_builtin("dataset", "any(published)");
    made.run_encoded = &run_dataset;
    return made;
  }();
  return info;
}

function_node const dataset_node(&untyped_dataset_function);
function_node const actor_node(&actor_function);
function_node const touch_node(&touch_function);
function_node const scatter_node(&untyped_scatter_function);

function_info typed(function_info function, std::type_info const& result, unpack_function unpack) {
  function.result = &result;
  function.unpack = unpack;
  return function;
}

}  // namespace

function_info make_scatter_function(std::type_info const& result, unpack_function unpack) {
  return typed(untyped_scatter_function(), result, unpack);
}

function_info make_dataset_function(std::type_info const& result, unpack_function unpack) {
  return typed(untyped_dataset_function(), result, unpack);
}

call_ptr make_dataset_call(function_info const& function) { return call_ptr(new bare_call(function)); }

call_ptr make_scatter_call(function_info const& function, value_ptr value) {
  return call_ptr(new scatter_call(function, std::move(value)));
}

call_ptr make_actor_call() { return call_ptr(new bare_call(actor_function())); }

call_ptr make_touch_call() { return call_ptr(new bare_call(touch_function())); }

void keep_builtin_functions() noexcept {}

}  // namespace troupe::detail
