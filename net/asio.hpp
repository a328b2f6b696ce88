#pragma once

/// The bridge between Troupe and Boost.Asio, both ways, and the only public header that includes Asio:
/// a task awaits Asio's operations (troupe::use_task), and a future is an operation of Asio's (future::async_wait).
#include <troupe/net/asio/future_wait.hpp>
#include <troupe/net/asio/use_task.hpp>
