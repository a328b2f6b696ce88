#include <troupe/net/link/internal/socket_stream.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/query.hpp>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace troupe::detail {

socket_stream::socket_stream(socket s, ends where)
    : socket_(std::move(s)),
      turns_(io_turns::of(boost::asio::query(socket_.get_executor(), boost::asio::execution::context))),
      where_(std::move(where)) {}

// The last reference may be the operation's: it is given back before the turn.
void socket_stream::read(std::span<iovec const> space) {
  reading_ = true;
  intrusive_ptr<socket_stream> self(this);
  if (!broken_.empty()) {
    // Whatever broke it, it is ready for more.
    socket_.async_wait(socket::wait_write, [self](boost::system::error_code const& problem) mutable {
      io_turn here(self->turns_);
      std::exchange(self, nullptr)->was_read(problem, 0);
    });
    return;
  }
  std::size_t count = std::min(space.size(), space_.size());
  for (std::size_t i = 0; i < count; ++i) space_[i] = {space[i].iov_base, space[i].iov_len};
  socket_.async_read_some(buffer_list{space_.data(), space_.data() + count},
                          [self](boost::system::error_code const& problem, std::size_t bytes) mutable {
                            io_turn here(self->turns_);
                            std::exchange(self, nullptr)->was_read(problem, bytes);
                          });
}

void socket_stream::was_read(boost::system::error_code const& problem, std::size_t bytes) {
  reading_ = false;
  if (!user_) return;
  if (!broken_.empty()) return user_->on_end(broken_);
  if (!problem) return user_->on_read(bytes);
  user_->on_end(problem == boost::asio::error::eof ? "" : problem.message());
}

std::size_t socket_stream::write(std::span<iovec const> pieces) {
  if (!broken_.empty() || waiting_) return 0;
  msghdr message{};
  // The system asks for what it does not change.
  message.msg_iov = const_cast<iovec*>(pieces.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  message.msg_iovlen = pieces.size();
  ssize_t taken = 0;
  do taken = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (taken < 0 && errno == EINTR);
  if (taken < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
    break_with(errno);
    return 0;
  }
  auto written = static_cast<std::size_t>(std::max<ssize_t>(taken, 0));
  std::size_t offered = 0;
  for (iovec const& p : pieces) offered += p.iov_len;
  if (written < offered) wait_until_writable();
  return written;
}

void socket_stream::wait_until_writable() {
  waiting_ = true;
  socket_.async_wait(socket::wait_write,
                     [self = intrusive_ptr<socket_stream>(this)](boost::system::error_code problem) mutable {
                       io_turn here(self->turns_);
                       auto writer = std::exchange(self, nullptr);
                       writer->waiting_ = false;
                       if (writer->user_ && !problem) writer->user_->on_writable();
                     });
}

void socket_stream::break_with(int error) {
  broken_ = std::system_category().message(error);
  boost::system::error_code ignored;
  // A read that waits ends, and tells why.
  ignored = socket_.cancel(ignored);
}

void socket_stream::shutdown() noexcept {
  boost::system::error_code ignored;  // the peer may have gone first
  ignored = socket_.shutdown(socket::shutdown_send, ignored);
}

void socket_stream::close() noexcept {
  user_ = nullptr;
  boost::system::error_code ignored;  // it is closed whatever the system says
  ignored = socket_.close(ignored);
}

}  // namespace troupe::detail
