#pragma once

#include <troupe/futures/work.hpp>

#include <mutex>
#include <utility>

namespace boost::asio {
class execution_context;
}

namespace troupe::detail {

/// Whose turn it is to touch what belongs to an io_context: its links, and the actors beside them. One thread at a time
/// has the turn, and it need not be the thread that runs the io_context: while that one sleeps another may act in its
/// stead. So every handler of a link begins with an io_turn, and whoever runs the io_context does not have the turn
/// while it waits in there.
///
/// Threads: lock, try_lock and unlock from any; the others by whoever has the turn.
class io_turns {
 public:
  [[nodiscard]] static io_turns& of(boost::asio::execution_context& io);

  void lock() {
    mutex_.lock();
    taken_ = true;
  }
  [[nodiscard]] bool try_lock() {
    if (!mutex_.try_lock()) return false;
    taken_ = true;
    return true;
  }
  /// Only when nothing is left to finish.
  void unlock() noexcept {
    taken_ = false;
    mutex_.unlock();
  }

  /// Runs what waits for the end of the turn: what was gathered for the network is written here.
  void finish() noexcept {
    if (!last_) return;
    finishing_ = true;
    work& last = *std::exchange(last_, nullptr);
    last.run(last);
    finishing_ = false;
  }
  /// A step for the end of this turn; false where it has come, nobody has the turn, or another step was named before.
  [[nodiscard]] bool at_end(work& step) noexcept {
    if (!taken_ || finishing_ || last_) return false;
    last_ = &step;
    return true;
  }

 private:
  std::mutex mutex_;
  bool taken_ = false, finishing_ = false;
  work* last_ = nullptr;
};

/// The turn for a block; its end finishes it.
class io_turn {
 public:
  explicit io_turn(io_turns& turns) : turns_(turns) { turns_.lock(); }
  ~io_turn() {
    turns_.finish();
    turns_.unlock();
  }
  io_turn(io_turn const&) = delete;
  io_turn& operator=(io_turn const&) = delete;

 private:
  io_turns& turns_;
};

}  // namespace troupe::detail
