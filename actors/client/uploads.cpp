#include <troupe/actors/client/control.hpp>
#include <troupe/actors/client/internal/ask.hpp>
#include <troupe/actors/client/internal/file_to_send.hpp>
#include <troupe/actors/worker/internal/run_on_pool.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace troupe {
namespace detail {
namespace {

future<query_result> ask_plainly(client_handle const& self, question what) {
  return ask<query_result>(self, std::move(what), [](auto const& asked) { return asked.get(); });
}

/// Has the scheduler drop what it got of an upload that does not come to its end.
class begun_upload {
 public:
  begun_upload(client_handle self, upload_info const& what)
      : self_(std::move(self)), digest_(what.digest), sender_(session_of(self_).next_ticket()) {}
  begun_upload(begun_upload const&) = delete;
  begun_upload& operator=(begun_upload const&) = delete;
  ~begun_upload() {
    if (!ended_) session_of(self_).tell(give_up_upload{digest_, sender_});
  }

  [[nodiscard]] std::uint64_t sender() const noexcept { return sender_; }
  void end() noexcept { ended_ = true; }

 private:
  client_handle self_;
  std::string digest_;
  std::uint64_t sender_;
  bool ended_ = false;
};

/// Runs on a thread of the client, which may block.
template <class Function>
auto in_background(session& s, Function f) {
  auto* where = s.callback_executor();
  if (!where) std::rethrow_exception(client_closed_error());
  return run_on_pool(*where, std::move(f));
}

[[noreturn]] void report(upload_info const& what, query_result const& result) {
  std::string text;
  for (auto const& [worker, problem] : result.problems)
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", worker, problem);
  throw error(fmt::format("{} could not be uploaded to {} of {} workers: {}", what.name, result.problems.size(),
                          result.problems.size() + result.names.size(), text));
}

task<std::vector<std::string>> upload(client_handle self, std::string path, std::string name, upload_kind kind) {
  using file_ptr = std::shared_ptr<file_to_send const>;
  auto& session = session_of(self);
  auto opening = in_background(session, [path = std::move(path), name = std::move(name), kind] {
    return file_ptr(std::make_shared<file_to_send>(path, name, kind));
  });
  auto file = co_await std::move(opening);
  auto const& what = file->what();
  begun_upload upload(self, what);
  auto beginning = ask_plainly(self, {begin_upload{what, upload.sender()}, {}});
  auto begun = co_await std::move(beginning);
  for (auto offset = begun.offset; offset < what.size;) {
    auto reading = in_background(session, [file, offset] { return file->piece(offset); });
    auto piece = co_await std::move(reading);
    auto size = piece.bytes.size();
    auto sending = ask_plainly(self, {send_upload{what.digest, offset, std::move(piece)}, {}});
    co_await std::move(sending);
    offset += size;
  }
  auto finishing = ask_plainly(self, {finish_upload{what, upload.sender()}, {}});
  auto result = co_await std::move(finishing);
  upload.end();
  if (!result.problems.empty()) report(what, result);
  co_return result.names;
}

}  // namespace
}  // namespace detail

task<std::vector<std::string>> control_client::upload_library(std::string path) const {
  static_cast<void>(detail::session_of(self_));
  return detail::upload(self_, std::move(path), {}, detail::upload_kind::library);
}

task<std::vector<std::string>> control_client::upload_file(std::string path, std::string name) const {
  static_cast<void>(detail::session_of(self_));
  return detail::upload(self_, std::move(path), std::move(name), detail::upload_kind::file);
}

future<void> control_client::remove_upload(std::string name) const {
  return detail::command(self_, {detail::remove_upload{std::move(name)}, {}});
}

}  // namespace troupe
