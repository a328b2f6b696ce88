#include <troupe/actors/remote/internal/answers_taken.hpp>

#include <exception>
#include <utility>

namespace troupe::detail {

std::shared_ptr<void const> answers_taken::when_released(std::uint64_t number) {
  return {static_cast<void const*>(this),
          [self = intrusive_ptr<answers_taken>(this), number](void const*) { self->take(number); }};
}

void answers_taken::close() noexcept {
  std::scoped_lock lock(mutex_);
  link_ = nullptr;
}

void answers_taken::take(std::uint64_t number) noexcept {
  {
    std::scoped_lock lock(mutex_);
    if (!link_) return;
    numbers_.push_back(number);
    if (numbers_.size() > 1) return;
  }
  add_ref();  // given back by the step
  loop_->post(flush_);
}

void answers_taken::flush_step::run(work& self) noexcept {
  auto& owner = static_cast<flush_step&>(self).owner;
  auto alive = intrusive_ptr<answers_taken>::adopt(&owner);
  owner.flush();
}

void answers_taken::flush() noexcept {
  std::unique_lock lock(mutex_);
  auto numbers = std::exchange(numbers_, {});
  auto to = link_;
  lock.unlock();
  if (!to) return;
  try {
    encoder scratch;
    wire_writer out(scratch);
    out.put(numbers);
    out.send(*to, wire_type::answers_taken);
  } catch (std::exception const& problem) {
    to->close(problem.what());
  }
}

}  // namespace troupe::detail
