#pragma once

#include <troupe/actors/functions/input.hpp>
#include <troupe/futures/frame_pool.hpp>
#include <troupe/futures/future.hpp>
#include <troupe/futures/task.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>

namespace troupe {
class task_context;
class worker_context;
}  // namespace troupe

namespace troupe::detail {

/// What is known of a function that can be called elsewhere; one object per function, it lives as long as the program.
struct function_info {
  /// `inc`: in errors, logs and keys.
  std::string short_name;
  /// As the linker knows it, demangled: on the wire. What has no name outside of its object file (lambdas, static
  /// functions) has the build and the place in it behind its name.
  std::string full_name;
  /// Result and parameters, as the codec spells types: `i32(i32,list<f64>)`.
  std::string schema;
  std::uint64_t schema_hash = 0;
  /// What the task's future holds; void results are `unit`. Null for a function of other programs only.
  std::type_info const* result = nullptr;
  /// Returns task<R>: starts on a thread and leaves it while it waits.
  bool is_coroutine = false;
  /// Has a context parameter, through which it can be asked to stop.
  bool takes_context = false;

  // The rest is null for a function that is in other programs only.
  /// Reads a result of it as `result`.
  unpack_function unpack = nullptr;
  /// Reads the arguments from what call_base::pack made, and calls; for those that are no coroutines. May be repeated.
  value_ptr (*run_encoded)(packet const& call, std::span<input const> inputs, task_context& context) = nullptr;
  /// For coroutines. What it is given outlives the coroutine.
  task<value_ptr> (*start_encoded)(packet const& call, std::span<input const> inputs, task_context& context) = nullptr;

  /// The code of the function itself, where that is known.
  void const* code = nullptr;

  [[nodiscard]] bool is_here() const noexcept { return run_encoded || start_encoded; }
};

/// A function with its arguments, ready to be run. The futures among the arguments are gaps, numbered in the order in
/// which a walk through the arguments meets them; their values come with the run.
/// With `final_attempt` arguments may be moved into the function: it cannot run again, nor at the same time. Without it
/// runs leave the call as it is, so several may go on at a time.
class call_base : public ref_counted, public pooled_object {
 public:
  explicit call_base(function_info const& f) noexcept : function_(f) {}

  [[nodiscard]] function_info const& function() const noexcept { return function_; }
  /// Bytes of the arguments that are not futures.
  [[nodiscard]] virtual std::size_t nbytes() const = 0;
  /// Appends the state of the callable, if it has any, and the arguments, an item each; in the place of a future stands
  /// the number of its input. Throws codec_error for what cannot leave its process, and what hooks throw.
  virtual void encode(encoder& out) const = 0;
  /// The same as a packet that keeps the call alive: large arguments are not copied. From then on they are not moved
  /// into the function either.
  [[nodiscard]] virtual packet pack() const;

  /// What the task is called: `name` where the user gave one, else made of the function's name and `number`. Set before
  /// the call is handed over.
  void name_task(std::string name, std::uint32_t number) noexcept {
    task_name_ = std::move(name);
    task_number_ = number;
  }
  [[nodiscard]] std::string const& task_name() const noexcept { return task_name_; }
  [[nodiscard]] std::uint32_t task_number() const noexcept { return task_number_; }
  [[nodiscard]] std::string key() const;

  /// Runs a function that is not a coroutine. What it throws passes through. By-value parameters are moved from an
  /// input that is at its last use and unique, else copied; `T const&` ones refer to the value in the input or in this
  /// call. Throws troupe::error for what cannot be copied, for a missing input, and when the function is a coroutine.
  [[nodiscard]] virtual value_ptr invoke(std::span<input const> inputs, task_context& context, bool final_attempt) = 0;
  /// Starts one that is; throws troupe::error when it is none. The call, the inputs and the context outlive the
  /// coroutine.
  [[nodiscard]] virtual task<value_ptr> start(std::span<input const> inputs, task_context& context,
                                              bool final_attempt) = 0;
  /// Whether a final attempt takes arguments out of the call.
  [[nodiscard]] virtual bool gives_arguments_away() const noexcept { return false; }
  /// Whether it makes a difference to the function that an input is at its last use: it may move it instead of copying.
  [[nodiscard]] virtual bool moves_inputs() const noexcept { return true; }

 protected:
  /// Packets refer to the arguments.
  [[nodiscard]] bool arguments_are_shared() const noexcept { return shared_.load(std::memory_order_relaxed); }

 private:
  // First, and after the number nothing: what derives has its small arguments in the gaps.
  mutable std::atomic<bool> shared_{false};
  function_info const& function_;
  std::string task_name_;
  std::uint32_t task_number_ = 0;
};

/// `inc-7f3a`
[[nodiscard]] std::string make_key(function_info const& function, std::uint32_t number);

using call_ptr = intrusive_ptr<call_base>;

[[nodiscard]] inline packet pack(call_ptr const& call) { return call->pack(); }

/// The call of `function` that `arguments` holds, as pack made it: passed on as it is, and run where the function is in
/// the program (by its name and type, where `function` is known from elsewhere); without it running throws
/// troupe::error that names the function.
[[nodiscard]] call_ptr make_encoded_call(function_info const& function, packet arguments);

/// The worker on which a task runs, for functions with a worker_context& parameter. Defined where contexts are.
[[nodiscard]] worker_context& worker_of(task_context& context);

/// What `submit` makes of a function and its arguments.
struct bound_call {
  call_ptr call;
  /// The futures among the arguments, in the order of the gaps.
  std::vector<intrusive_ptr<state_base>> inputs;
  /// The actors whose handles are among the encoded arguments.
  std::vector<any_future> held = {};
};

}  // namespace troupe::detail
