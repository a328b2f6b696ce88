#include <troupe/actors/scheduler/internal/scheduler_functions.hpp>

#include <troupe/futures/errors.hpp>

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace troupe::detail {

namespace {

value_ptr encoded(execution& ended) {
  try {
    return make_encoded_value(pack(ended.value()), ended.value()->nbytes());
  } catch (std::exception const& problem) {
    throw error(fmt::format("the result of {} on the scheduler cannot be encoded: {}",
                            ended.call().function().short_name, problem.what()));
  }
}

std::exception_ptr stopped() {
  return std::make_exception_ptr(cancelled_error("the function on the scheduler was stopped"));
}

}  // namespace

scheduler_functions::scheduler_functions(std::string program) : program_(std::move(program)) {
  services_.name = "scheduler";
  services_.wake = [this](bool /*now*/) { take_notes(); };
}

future<value_ptr> scheduler_functions::run(call_ptr call, bool leaves) {
  // Held until the pool has it: who closes waits for what runs, and then joins the pool.
  std::scoped_lock lock(mutex_);
  if (closing_) throw actor_gone("the scheduler is closing");
  if (!services_.pool) services_.pool = std::make_shared<thread_pool>(services_.name, services_.threads);
  compute_order order;
  order.final_attempt = true;
  auto begun = make_intrusive<execution>(services_, std::move(order), std::move(call), std::vector<input>());
  auto& entry = running_[begun.get()];
  entry.what = begun;
  entry.leaves = leaves;
  auto answer = entry.answer.get_future();
  services_.pool->run_aside(*begun);
  return answer;
}

void scheduler_functions::close() {
  std::unique_lock lock(mutex_);
  closing_ = true;
  std::vector<running> dropped;
  for (auto at = running_.begin(); at != running_.end();) {
    auto entry = at++;
    if (entry->second.what->ask_to_stop()) dropped.push_back(std::move(running_.extract(entry).mapped()));
  }
  changed_.wait(lock, [this] { return running_.empty(); });
  lock.unlock();
  for (auto& one : dropped) one.answer.set_error(stopped());
  for (auto& ended : plugins_.close()) ended.get();
  if (services_.pool) services_.pool->join();
}

bool scheduler_functions::runs_here() {
  std::scoped_lock lock(mutex_);
  return services_.pool && executor::current() == services_.pool.get();
}

// On the thread that told of the first of them.
void scheduler_functions::take_notes() noexcept {
  for (work* next = services_.suspended.take(); next;)
    static_cast<execution::suspension&>(*std::exchange(next, next->next)).owner.release();
  for (work* next = services_.ended.take(); next;)
    end(static_cast<execution&>(static_cast<job&>(*std::exchange(next, next->next))));
}

void scheduler_functions::end(execution& ended) noexcept {
  std::unique_lock lock(mutex_);
  auto node = running_.extract(&ended);
  lock.unlock();
  auto& entry = node.mapped();
  try {
    switch (ended.result().outcome) {
      case run_outcome::done:
        entry.answer.set_value(entry.leaves ? encoded(ended) : std::move(ended.value()));
        break;
      case run_outcome::failed:
        entry.answer.set_error(std::move(ended.error()));
        break;
      case run_outcome::cancelled:
        entry.answer.set_error(stopped());
        break;
    }
  } catch (...) {
    entry.answer.set_error(std::current_exception());
  }
  lock.lock();
  if (running_.empty()) changed_.notify_all();
}

}  // namespace troupe::detail
