#pragma once

#include <troupe/futures/executor.hpp>
#include <troupe/futures/intrusive_ptr.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace troupe::detail {

class link_context;

/// Something that lives on a loop until it is finished, whoever else holds it: its context holds it, and goes on doing
/// so while steps and timers of it are queued. One thread.
class resident {
 public:
  resident(resident const&) = delete;
  resident& operator=(resident const&) = delete;
  /// The loop goes: nothing is posted, called back or waited for any more.
  virtual void abandon() noexcept = 0;

 protected:
  /// A step of T; it may be posted again once it runs.
  template <class T, void (T::*Function)()>
  class step;
  /// A timer of T.
  template <class T, void (T::*Function)()>
  class alarm;
  class alarm_base;

  explicit resident(link_context& context) noexcept : context_(context) {}
  ~resident() = default;

  [[nodiscard]] link_context& context() const noexcept { return context_; }
  [[nodiscard]] executor& runs() const noexcept;

  /// From here on the context holds it.
  void move_in(ref_counted& self);
  /// Does not run again; may be the end of this object when the caller holds no reference.
  void move_out() noexcept;

  void post(work& s) noexcept;
  /// Replaces an earlier time.
  void set(alarm_base& a, time_point when);
  void unset(alarm_base& a) noexcept;

 private:
  friend class link_context;
  void ran() noexcept;
  void fire(alarm_base& a) noexcept;

  link_context& context_;
  std::size_t place_ = 0, queued_ = 0;
  bool moved_out_ = false;
};

/// What the links, handshakes and listeners of one loop have in common: who runs their steps and timers, and who keeps
/// them alive. One thread. The executor outlives it and runs nothing of it afterwards.
class link_context {
 public:
  explicit link_context(executor& runs) noexcept : runs_(runs) {}
  link_context(link_context const&) = delete;
  link_context& operator=(link_context const&) = delete;
  ~link_context() { abandon_all(); }

  [[nodiscard]] executor& runs() const noexcept { return runs_; }
  [[nodiscard]] std::size_t residents() const noexcept { return residents_.size(); }
  void abandon_all() noexcept;

 private:
  friend class resident;
  struct entry {
    intrusive_ptr<ref_counted> holds;
    resident* who;
  };

  executor& runs_;
  std::vector<entry> residents_;
};

class resident::alarm_base : public timer {
 public:
  using timer::timer;

 private:
  friend class resident;
  virtual void act() = 0;

  bool queued_ = false;
  std::optional<time_point> wanted_;
};

template <class T, void (T::*Function)()>
class resident::step final : public work {
 public:
  explicit step(T& owner) noexcept : work(&run_it), owner_(owner) {}

 private:
  static void run_it(work& item) noexcept {
    T& owner = static_cast<step&>(item).owner_;
    if (!owner.moved_out_) (owner.*Function)();
    owner.ran();
  }
  T& owner_;
};

template <class T, void (T::*Function)()>
class resident::alarm final : public alarm_base {
 public:
  explicit alarm(T& owner) noexcept : alarm_base(&run_it), owner_(owner) {}

 private:
  static void run_it(work& item) noexcept {
    auto& self = static_cast<alarm&>(item);
    self.owner_.fire(self);
  }
  void act() override { (owner_.*Function)(); }
  T& owner_;
};

}  // namespace troupe::detail
