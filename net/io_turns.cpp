#include <troupe/net/io_turns.hpp>

#include <boost/asio/execution_context.hpp>

namespace troupe::detail {
namespace {

class turns_service final : public boost::asio::execution_context::service {
 public:
  static boost::asio::execution_context::id id;  // NOLINT(readability-identifier-naming): Asio's name

  explicit turns_service(boost::asio::execution_context& owner) : service(owner) {}
  [[nodiscard]] io_turns& turns() noexcept { return turns_; }

 private:
  void shutdown() noexcept override {}

  io_turns turns_;
};

boost::asio::execution_context::id turns_service::id;

}  // namespace

io_turns& io_turns::of(boost::asio::execution_context& io) {
  return boost::asio::use_service<turns_service>(io).turns();
}

}  // namespace troupe::detail
