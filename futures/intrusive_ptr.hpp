#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace troupe::detail {

/// Base of what intrusive_ptr counts. Counting is thread-safe; the last release deletes through the virtual destructor.
class ref_counted {
 public:
  ref_counted() = default;
  ref_counted(ref_counted const&) = delete;
  ref_counted& operator=(ref_counted const&) = delete;

  void add_ref() const noexcept { refs_.fetch_add(1, std::memory_order_relaxed); }
  void release() const noexcept {
    if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy();
  }
  /// True while exactly one pointer counts: its owner may then change the object.
  [[nodiscard]] bool unique() const noexcept { return refs_.load(std::memory_order_acquire) == 1; }

 protected:
  virtual ~ref_counted() = default;

 private:
  // Out of line: inlined into a release() of a final class, GCC 12 warns of a wrong address where there is none.
  void destroy() const noexcept;

  mutable std::atomic<std::uint32_t> refs_{0};
};

/// Shared ownership of an object that counts its own references (add_ref, release).
template <class T>
class intrusive_ptr {
 public:
  intrusive_ptr() = default;
  intrusive_ptr(std::nullptr_t) noexcept {}
  explicit intrusive_ptr(T* object) noexcept : object_(object) {
    if (object_) object_->add_ref();
  }
  intrusive_ptr(intrusive_ptr const& other) noexcept : intrusive_ptr(other.object_) {}
  intrusive_ptr(intrusive_ptr&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  template <class U>
    requires(std::is_convertible_v<U*, T*>)
  intrusive_ptr(intrusive_ptr<U> other) noexcept : object_(other.detach()) {}
  intrusive_ptr& operator=(intrusive_ptr other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~intrusive_ptr() {
    if (object_) object_->release();
  }

  /// Takes over a reference that is already counted.
  [[nodiscard]] static intrusive_ptr adopt(T* object) noexcept {
    intrusive_ptr p;
    p.object_ = object;
    return p;
  }
  /// Gives the counted reference to the caller.
  [[nodiscard]] T* detach() noexcept { return std::exchange(object_, nullptr); }

  [[nodiscard]] T* get() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }
  T* operator->() const noexcept { return object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }
  friend bool operator==(intrusive_ptr const& a, intrusive_ptr const& b) noexcept { return a.object_ == b.object_; }

 private:
  T* object_ = nullptr;
};

template <class T, class... Args>
[[nodiscard]] intrusive_ptr<T> make_intrusive(Args&&... args) {
  return intrusive_ptr<T>(new T(std::forward<Args>(args)...));
}

}  // namespace troupe::detail
