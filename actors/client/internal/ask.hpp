#pragma once

#include <troupe/actors/client/client_handle.hpp>
#include <troupe/actors/client/internal/passed_answer.hpp>
#include <troupe/actors/client/internal/session.hpp>

#include <utility>

namespace troupe::detail {

/// A scheduler's answer to a client's question, as what `read` makes of it.
template <class Answer, class Read>
[[nodiscard]] future<Answer> ask(client_handle const& self, question what, Read read) {
  // Who waits for the answer is still there, though its client may be gone.
  auto of_client = [kept = self.session, read = std::move(read)](future<query_result> const& asked) {
    return read(asked);
  };
  return passed_answer<query_result, Answer>::of(session_of(self).ask(std::move(what)), std::move(of_client));
}

[[nodiscard]] inline future<void> command(client_handle const& self, question what) {
  return ask<void>(self, std::move(what), [](auto const& asked) { asked.get(); });
}

}  // namespace troupe::detail
