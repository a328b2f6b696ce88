#pragma once

#include <troupe/futures/future.hpp>
#include <troupe/futures/promise.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

namespace troupe::detail {

/// What is thrown when a client is asked for something after its end.
[[nodiscard]] std::exception_ptr client_closed_error();

/// Passes an actor's answer on as what `read` makes of it; an actor that has gone means that the client was closed.
/// Whoever gives up the answer gives up what was asked for.
template <class Asked, class Answer>
class passed_answer final : public waiter, public work {
 public:
  using reader = std::function<Answer(future<Asked> const&)>;

  static future<Answer> of(future<Asked> asked, reader read) {
    auto* self = new passed_answer(std::move(asked), std::move(read));
    auto answer = self->promise_.get_future();
    // By its own reference: the answer may come, and this go, while it is being added.
    auto state = future_access::state(self->asked_);
    self->given_up_.emplace(self->promise_.stop_token(), cancel{state});
    if (!state->add(*self)) call(*self);
    return answer;
  }

 private:
  struct cancel {
    intrusive_ptr<state_base> what;
    void operator()() const noexcept {
      // This object goes with the end of what it cancels.
      auto kept = what;
      kept->cancel("cancelled");
    }
  };

  passed_answer(future<Asked> asked, reader read) : work(&call), asked_(std::move(asked)), read_(std::move(read)) {}
  void ready(state_base&) noexcept override { run_after_telling(*this); }
  static void call(work& item) noexcept {
    std::unique_ptr<passed_answer> self(static_cast<passed_answer*>(&item));
    self->given_up_.reset();
    try {
      if constexpr (std::is_void_v<Answer>) {
        self->read_(self->asked_);
        self->promise_.set_value();
      } else {
        self->promise_.set_value(self->read_(self->asked_));
      }
    } catch (actor_gone const&) {
      self->promise_.set_error(client_closed_error());
    } catch (...) {
      self->promise_.set_error(std::current_exception());
    }
  }

  future<Asked> asked_;
  reader read_;
  promise<Answer> promise_;
  std::optional<std::stop_callback<cancel>> given_up_;
};

}  // namespace troupe::detail
