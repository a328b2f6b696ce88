#pragma once

#include <troupe/futures/errors.hpp>
#include <troupe/futures/executor.hpp>
#include <troupe/futures/intrusive_ptr.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace troupe {

/// `finished` with a value, `failed` with an error, `cancelled` before it had either.
enum class future_status : std::uint8_t { pending, finished, failed, cancelled };

namespace detail {

class state_base;

/// The value of a void result.
struct unit {};
template <class T>
using stored_t = std::conditional_t<std::is_void_v<T>, unit, T>;

/// Runs `item` on the calling thread once the state that is telling its waiters has let go of its lock; for a waiter
/// that has to do more than post or count.
void run_after_telling(work& item) noexcept;
/// Whether the calling thread is telling waiters, under a state's lock.
[[nodiscard]] bool is_telling() noexcept;
/// For an executor that has ended and leaves its steps to whoever posts them.
void run_now_or_after_telling(work& item) noexcept;

/// What a waiter waits for: the end, or until the value can be read here as well. A value may be made elsewhere and
/// stay there until somebody wants to read it.
enum class awaits : bool { end, value };

/// Told once when a state is done. `ready` runs on the thread that completes the state, under the state's lock: it only
/// posts or counts, and takes no lock that is held while states are called.
class waiter {
 public:
  explicit waiter(awaits what = awaits::end) noexcept : what_(what) {}
  waiter(waiter const&) = delete;
  waiter& operator=(waiter const&) = delete;
  virtual void ready(state_base& state) noexcept = 0;

 protected:
  /// Before it is added anywhere.
  void wait_for_what(awaits what) noexcept { what_ = what; }
  ~waiter() = default;

 private:
  friend state_base;
  waiter* next_ = nullptr;
  waiter* previous_ = nullptr;
  bool linked_ = false;
  awaits what_;
};

/// What all copies of a future share. Thread-safe. Two counts: references keep the memory, handles are the futures that
/// users hold; when the last handle goes, `abandoned` is called.
class state_base : public ref_counted {
 public:
  [[nodiscard]] future_status status() const noexcept;
  [[nodiscard]] bool done() const noexcept { return status() != future_status::pending; }

  /// Done, and if with a value, that can be read here.
  [[nodiscard]] bool readable() const noexcept {
    auto status = status_.load(std::memory_order_acquire);
    return status == 1 || status == 2 || status == 3;
  }

  /// Null unless failed or cancelled.
  [[nodiscard]] std::exception_ptr error() const;
  /// Only when readable. Throws the error, also that of a value that cannot be unpacked.
  void rethrow_if_failed();

  /// False, and the waiter is not kept, when what it waits for is there already or `*veto` is true. Who waits for a
  /// value that is elsewhere makes it come.
  [[nodiscard]] bool add(waiter& w, std::atomic<bool> const* veto = nullptr) noexcept;
  /// True when `w` will not be told any more; false when it was told, or never added.
  bool remove(waiter& w) noexcept;

  /// The value; only when readable and finished, after rethrow_if_failed; T must be what the state's maker put there.
  /// `unit` for void.
  template <class T>
  [[nodiscard]] stored_t<T>& value() const noexcept {
    return *static_cast<stored_t<T>*>(value_);
  }
  /// The value for the owner of an expiring handle: moved out where nobody else can see it, else copied.
  template <class T>
  [[nodiscard]] stored_t<T> take() {
    rethrow_if_failed();
    if (exclusive()) return std::move(value<T>());
    if constexpr (std::is_copy_constructible_v<stored_t<T>>)
      return value<T>();
    else
      throw_shared();
  }

  /// False when it is done already.
  bool set_error(std::exception_ptr error) noexcept;
  bool set_cancelled(std::string_view reason) noexcept;

  void add_handle() noexcept { handles_.fetch_add(1, std::memory_order_relaxed); }
  void drop_handle() noexcept {
    if (handles_.fetch_sub(1, std::memory_order_acq_rel) == 1) abandoned();
  }
  /// True when the asking handle is the only one and nothing else may read the value.
  [[nodiscard]] bool exclusive() const noexcept {
    return handles_.load(std::memory_order_acquire) == 1 && !shared_.load(std::memory_order_acquire);
  }
  /// The value has readers beside the handles (it is an argument of a task, it has a name).
  void mark_shared() noexcept { shared_.store(true, std::memory_order_release); }

  /// Asked for by a user: awaiters resume at once with cancelled_error; who makes the value is asked to stop.
  virtual void cancel(std::string_view reason) noexcept { set_cancelled(reason); }
  /// The name of what is awaited, "" when it has none.
  [[nodiscard]] virtual std::string key() const { return {}; }
  /// Size of the value in bytes; 0 while there is none.
  [[nodiscard]] virtual std::size_t nbytes() const { return 0; }
  /// Where callbacks run that were registered outside of any executor; null: on the completing thread.
  [[nodiscard]] virtual executor* callback_executor() const noexcept { return nullptr; }

 protected:
  /// The last handle went.
  virtual void abandoned() noexcept {}

  /// Somebody waits for a value that is elsewhere; once for each publish_elsewhere.
  virtual void fetch() noexcept {}
  /// Makes a value readable that came packed; throws what is wrong with it. Several threads may call at once.
  virtual void unpack() {}

  /// Claims the right to complete: until publish the state still looks pending, and no one else can complete it.
  [[nodiscard]] bool claim() noexcept;
  void publish(future_status status) noexcept;
  /// After claim, or again after it: finished, with the value elsewhere.
  void publish_elsewhere() noexcept;
  /// After publish_elsewhere, once: the value has come (set_location was called, or it is packed), or never will.
  void arrive() noexcept { publish(future_status::finished); }
  void lose(std::exception_ptr error) noexcept;
  /// Before publish or arrive: `unpack` is called before the value is read.
  void set_packed(bool packed) noexcept { packed_.store(packed, std::memory_order_release); }
  [[nodiscard]] bool packed() const noexcept { return packed_.load(std::memory_order_acquire); }
  /// After claim, before publish: where the value lies. It stays there as long as the state lives.
  void set_location(void* value) noexcept { value_ = value; }
  /// After claim: completes with an error instead of a value.
  void fail_claimed(std::exception_ptr error) noexcept;

 private:
  class locked;
  [[noreturn]] void throw_shared() const;
  enum : std::uint8_t { claimed = 4, elsewhere = 5 };
  void tell(std::uint8_t status) noexcept;
  void append(waiter& w) noexcept;

  std::atomic<std::uint32_t> handles_{0};
  std::atomic<std::uint8_t> status_{0};
  std::atomic<bool> shared_{false};
  std::atomic<bool> lock_{false};
  std::atomic<bool> packed_{false};
  bool readers_ = false;   // somebody waits for the value
  bool fetching_ = false;  // and it was asked for
  waiter* first_ = nullptr;
  waiter* last_ = nullptr;
  void* value_ = nullptr;
  std::exception_ptr error_;
};

/// Sleeps until `state` is done, or readable; false when `until` came first. Throws would_deadlock on a thread that
/// must not block.
bool block_until_done(state_base& state, time_point until, char const* operation, awaits what = awaits::end);

}  // namespace detail
}  // namespace troupe
