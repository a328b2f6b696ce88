#include <troupe/net/link/internal/sockets.hpp>

#include <troupe/net/io_turns.hpp>

#include <functional>
#include <utility>
#include <vector>

namespace troupe::detail {
namespace {

using boost::asio::ip::tcp;
using local = boost::asio::local::stream_protocol;
using boost::system::error_code;

/// What the dialers share: one attempt at a time, whose late ends are told by its number.
class socket_dialer : public dialer {
 public:
  explicit socket_dialer(boost::asio::io_context& io) : turns_(io_turns::of(io)) {}
  void dial(std::function<void(outcome)> done) final {
    done_ = std::move(done);
    begin(++attempt_);
  }
  void cancel() noexcept final {
    ++attempt_;
    done_ = nullptr;
    stop();
  }

 protected:
  virtual void begin(int attempt) = 0;
  virtual void stop() noexcept = 0;

  [[nodiscard]] bool is_late(int attempt) const noexcept { return attempt != attempt_; }
  void fail(error_code const& problem) {
    finish({nullptr, problem.message(), problem == boost::asio::error::connection_refused});
  }
  void finish(outcome result) {
    ++attempt_;
    std::exchange(done_, nullptr)(std::move(result));
  }

  io_turns& turns_;

 private:
  int attempt_ = 0;
  std::function<void(outcome)> done_;
};

class tcp_dialer final : public socket_dialer {
 public:
  tcp_dialer(boost::asio::io_context& io, address to)
      : socket_dialer(io), to_(std::move(to)), resolver_(io), socket_(io) {}

 private:
  void begin(int attempt) override {
    error_code not_a_number;
    auto known = boost::asio::ip::make_address(to_.host, not_a_number);
    if (!not_a_number) return try_all({tcp::endpoint(known, to_.first_port)}, attempt);
    resolver_.async_resolve(to_.host, std::to_string(to_.first_port), tcp::resolver::numeric_service,
                            [self = intrusive_ptr<tcp_dialer>(this), attempt](
                                error_code problem, tcp::resolver::results_type const& found) mutable {
                              io_turn here(self->turns_);
                              auto dialing = std::exchange(self, nullptr);
                              if (dialing->is_late(attempt)) return;
                              if (problem) return dialing->fail(problem);
                              dialing->try_all({found.begin(), found.end()}, attempt);
                            });
  }

  void try_all(std::vector<tcp::endpoint> endpoints, int attempt) {
    endpoints_ = std::move(endpoints);
    next_ = 0;
    try_next(boost::asio::error::host_not_found, attempt);
  }

  // Not async_connect of Asio's, which goes from one to the next without the turn.
  void try_next(error_code const& last, int attempt) {
    if (next_ == endpoints_.size()) return fail(last);
    socket_ = tcp::socket(socket_.get_executor());
    socket_.async_connect(endpoints_[next_++],
                          [self = intrusive_ptr<tcp_dialer>(this), attempt](error_code problem) mutable {
                            io_turn here(self->turns_);
                            auto dialing = std::exchange(self, nullptr);
                            if (dialing->is_late(attempt)) return;
                            problem ? dialing->try_next(problem, attempt) : dialing->connected();
                          });
  }

  void connected() {
    try {
      // A socket that looks for a free port of this machine may find itself.
      if (socket_.local_endpoint() == socket_.remote_endpoint()) return fail(boost::asio::error::connection_refused);
      finish({as_stream(std::move(socket_)), "", false});
    } catch (boost::system::system_error const& e) {
      fail(e.code());
    }
  }

  void stop() noexcept override {
    resolver_.cancel();
    error_code ignored;  // nothing was sent yet
    ignored = socket_.close(ignored);
  }

  address to_;
  tcp::resolver resolver_;
  tcp::socket socket_;
  std::vector<tcp::endpoint> endpoints_;
  std::size_t next_ = 0;
};

class inproc_dialer final : public socket_dialer {
 public:
  inproc_dialer(boost::asio::io_context& io, std::string name)
      : socket_dialer(io), name_(std::move(name)), endpoint_(inproc_endpoint(name_)), socket_(io) {}

 private:
  void begin(int attempt) override {
    socket_ = local::socket(socket_.get_executor());
    socket_.async_connect(endpoint_, [self = intrusive_ptr<inproc_dialer>(this), attempt](error_code problem) mutable {
      io_turn here(self->turns_);
      auto dialing = std::exchange(self, nullptr);
      if (dialing->is_late(attempt)) return;
      if (problem) return dialing->fail(problem);
      dialing->finish({as_stream(std::move(dialing->socket_), dialing->name_), "", false});
    });
  }
  void stop() noexcept override {
    error_code ignored;  // nothing was sent yet
    ignored = socket_.close(ignored);
  }

  std::string name_;
  local::endpoint endpoint_;
  local::socket socket_;
};

}  // namespace

intrusive_ptr<dialer> make_dialer(boost::asio::io_context& io, address const& to) {
  if (to.scheme == address::kind::inproc) return make_intrusive<inproc_dialer>(io, to.host);
  return make_intrusive<tcp_dialer>(io, to);
}

}  // namespace troupe::detail
