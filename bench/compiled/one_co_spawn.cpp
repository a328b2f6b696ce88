#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

boost::asio::awaitable<void> app() { co_return; }

void start(boost::asio::io_context& loop) { boost::asio::co_spawn(loop, app(), boost::asio::detached); }
