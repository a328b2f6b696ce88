#include <troupe/actors/client/internal/session.hpp>
#include <troupe/actors/worker/calling_thread.hpp>
#include <troupe/actors/worker/internal/execution.hpp>
#include <troupe/actors/worker/internal/upload_store.hpp>
#include <troupe/futures/run_loop.hpp>

#include <cmath>
#include <numeric>
#include <utility>

namespace troupe::detail {
namespace {

resource_share whole_share(std::string const& name, double amount) {
  resource_share share{name, amount, {}};
  if (amount == std::floor(amount) && amount <= 4096) {
    share.units.resize(std::size_t(amount));
    std::iota(share.units.begin(), share.units.end(), 0u);
  }
  return share;
}

}  // namespace

struct calling_thread::impl {
  impl() {
    services.name = "sync";
    services.uploads = std::make_shared<upload_store>(std::filesystem::path());
  }
  worker_services services;
};

calling_thread::calling_thread() : impl_(std::make_unique<impl>()) {}
calling_thread::~calling_thread() = default;

value_ptr calling_thread::run(call_ptr const& what, std::vector<input> inputs, task_options const* options) {
  std::uint32_t const last = options ? options->retries() + 1 : 1;
  for (std::uint32_t number = 1;; ++number) {
    if (options && options->deadline() && clock::now() >= *options->deadline()) throw cancelled_error("deadline");
    try {
      return number == last ? attempt(what, std::move(inputs), options, number)
                            : attempt(what, inputs, options, number);
    } catch (...) {
      auto thrown = std::current_exception();
      if (is_cancellation(thrown)) throw;
      if (number < last) continue;
      try {
        throw;
      } catch (task_error const&) {
        throw;
      } catch (would_deadlock const&) {
        throw;
      } catch (...) {
        std::rethrow_exception(
            as_task_error(thrown, {what->function().short_name, what->key(), impl_->services.name, int(number)}));
      }
    }
  }
}

value_ptr calling_thread::attempt(call_ptr const& what, std::vector<input> inputs, task_options const* options,
                                  std::uint32_t number) {
  compute_order order;
  order.attempt_number = number;
  if (options)
    for (auto const& [name, amount] : options->resources()) order.resources.push_back(whole_share(name, amount));
  auto self = make_intrusive<execution>(impl_->services, std::move(order), what, std::vector<input>());
  task_context context(*self);
  if (!what->function().is_coroutine) return what->invoke(inputs, context, false);
  return block_on(what->start(inputs, context, false));
}

}  // namespace troupe::detail
