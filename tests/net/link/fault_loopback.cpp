#include "fault_loopback.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace troupe::test {

/// One end: holds what is on the way to it.
class fault_wire::end final : public detail::stream {
 public:
  end(fault_wire& wire, int index) : wire_(wire), index_(index) {}

  void set_user(detail::stream_user* user) noexcept override { user_ = user; }

  void read(std::span<iovec const> space) override {
    space_.assign(space.begin(), space.end());
    reading_ = true;
    wake_peer_of_change();
    wake();
  }

  std::size_t write(std::span<iovec const> pieces) override {
    end& to = other();
    std::size_t offered = 0, taken = 0;
    for (iovec const& p : pieces) offered += p.iov_len;
    if (broken_ || closed_) return 0;
    std::size_t room = wire_.faults_.capacity - std::min(wire_.faults_.capacity, to.on_the_way_.size());
    std::size_t most = std::min(offered, room);
    if (wire_.faults_.seed != 0 && most > 1) most = 1 + wire_.random_() % most;
    for (iovec const& p : pieces) {
      std::size_t part = std::min(p.iov_len, most - taken);
      to.arrive(static_cast<char const*>(p.iov_base), part);
      taken += part;
    }
    if (taken < offered) {
      wants_to_write_ = true;
      if (to.on_the_way_.size() < wire_.faults_.capacity) wake();
    }
    return taken;
  }

  void shutdown() noexcept override {
    if (!closed_ && !hidden()) end_other();
  }

  void close() noexcept override {
    if (std::exchange(closed_, true)) return;
    user_ = nullptr;
    reading_ = false;
    if (!hidden()) end_other();
  }

  [[nodiscard]] std::string const& local_address() const noexcept override { return names()[index_]; }
  [[nodiscard]] std::string const& peer_address() const noexcept override { return names()[1 - index_]; }
  [[nodiscard]] bool same_host() const noexcept override { return !wire_.faults_.far; }

  void hear_of_the_cut() {
    broken_ = true;
    wake();
  }
  /// The wire goes, whoever still holds its ends.
  void let_go() {
    closed_ = true;
    user_ = nullptr;
    wire_.runs_.cancel(timer_);
  }
  [[nodiscard]] std::size_t went() const noexcept { return went_; }

 private:
  struct step final : detail::work {
    explicit step(end& e) noexcept : work(&run_it), owner(e) {}
    static void run_it(work& w) noexcept { static_cast<step&>(w).owner.pump(); }
    end& owner;
  };
  struct alarm final : detail::timer {
    explicit alarm(end& e) noexcept : timer(&run_it), owner(e) {}
    static void run_it(work& w) noexcept {
      end& e = static_cast<alarm&>(w).owner;
      e.timer_set_ = false;
      e.wake();
    }
    end& owner;
  };

  static std::array<std::string, 2> const& names() {
    static std::array<std::string, 2> const both{"fault://opener", "fault://accepter"};
    return both;
  }
  [[nodiscard]] end& other() const { return *wire_.ends_[static_cast<std::size_t>(1 - index_)]; }
  [[nodiscard]] std::size_t cut_after() const { return index_ == 1 ? wire_.faults_.cut_there : wire_.faults_.cut_back; }
  void end_other() {
    other().ended_ = true;
    other().wake();
  }
  /// What goes either way is swallowed, and so is its ending.
  [[nodiscard]] bool hidden() const {
    return wire_.faults_.half_open && (went_ >= cut_after() || other().went_ >= other().cut_after());
  }

  void arrive(char const* data, std::size_t size) {
    std::size_t passes = std::min(size, cut_after() - std::min(cut_after(), went_));
    on_the_way_.insert(on_the_way_.end(), data, data + passes);
    went_ += passes;
    due_.push_back({went_, wire_.runs_.now() + wire_.faults_.delay});
    if (passes < size || went_ == cut_after()) {
      if (!wire_.faults_.half_open) wire_.cut();
    }
    wake();
  }

  void wake() {
    if (!std::exchange(awake_, true)) wire_.runs_.post(step_);
  }
  void wake_peer_of_change() {
    if (other().wants_to_write_) other().wake();
  }

  /// Bytes that have come far enough to be read.
  std::size_t here() {
    while (!due_.empty() && due_.front().second <= wire_.runs_.now()) {
      arrived_ = due_.front().first;
      due_.pop_front();
    }
    if (!due_.empty() && !timer_set_) {
      timer_set_ = true;
      wire_.runs_.post_at(due_.front().second, timer_);
    }
    return arrived_ - taken_;
  }

  void pump() {
    awake_ = false;
    detail::intrusive_ptr<end> keep(this);
    if (user_ && wants_to_write_ && other().on_the_way_.size() < wire_.faults_.capacity && !broken_) {
      wants_to_write_ = false;
      user_->on_writable();
    }
    std::size_t ready = here();
    if (!user_ || !reading_) return;
    // What had come before a cut is read before it is noticed.
    if (ready > 0) return give(ready);
    if (!broken_ && !(ended_ && on_the_way_.empty())) return;
    reading_ = false;
    user_->on_end(broken_ ? "cut" : "");
  }

  void give(std::size_t ready) {
    if (wire_.faults_.seed != 0) ready = 1 + wire_.random_() % ready;
    std::size_t given = 0;
    for (iovec const& s : space_) {
      std::size_t part = std::min(s.iov_len, ready - given);
      std::copy_n(on_the_way_.begin(), part, static_cast<char*>(s.iov_base));
      on_the_way_.erase(on_the_way_.begin(), on_the_way_.begin() + static_cast<std::ptrdiff_t>(part));
      given += part;
    }
    taken_ += given;
    reading_ = false;
    wake_peer_of_change();
    user_->on_read(given);
  }

  fault_wire& wire_;
  int index_;
  detail::stream_user* user_ = nullptr;
  std::deque<char> on_the_way_;
  std::deque<std::pair<std::size_t, time_point>> due_;
  /// Counts of bytes towards this end: sent, come far enough, read.
  std::size_t went_ = 0, arrived_ = 0, taken_ = 0;
  std::vector<iovec> space_;
  bool reading_ = false, wants_to_write_ = false, ended_ = false, broken_ = false, closed_ = false, awake_ = false,
       timer_set_ = false;
  step step_{*this};
  alarm timer_{*this};
};

fault_wire::fault_wire(executor& runs, faults f) : runs_(runs), faults_(f), random_(f.seed) {
  ends_ = {detail::make_intrusive<end>(*this, 0), detail::make_intrusive<end>(*this, 1)};
}

fault_wire::~fault_wire() {
  for (auto& e : ends_) e->let_go();
}

detail::stream_ptr fault_wire::opener() const { return ends_[0]; }
detail::stream_ptr fault_wire::accepter() const { return ends_[1]; }
void fault_wire::cut() {
  for (auto& e : ends_) e->hear_of_the_cut();
}
std::size_t fault_wire::went_there() const noexcept { return ends_[1]->went(); }
std::size_t fault_wire::went_back() const noexcept { return ends_[0]->went(); }

struct fault_dialer::answer final : detail::work {
  explicit answer(fault_dialer& d) noexcept : work(&run_it), owner(d) {}
  static void run_it(work& w) noexcept {
    fault_dialer& d = static_cast<answer&>(w).owner;
    d.waiting_ = false;
    if (!d.done_) return;
    faults f = d.dials_ < d.plan_.size() ? d.plan_[d.dials_] : d.usual;
    ++d.dials_;
    auto done = std::exchange(d.done_, nullptr);
    if (f.refused || f.nobody_listens) return done({nullptr, "refused", f.nobody_listens});
    d.wires_.push_back(std::make_unique<fault_wire>(d.runs_, f));
    fault_wire& wire = *d.wires_.back();
    d.other_end_(wire.accepter());
    done({wire.opener(), "", false});
  }
  fault_dialer& owner;
};

fault_dialer::fault_dialer(executor& runs, std::vector<faults> plan, std::function<void(detail::stream_ptr)> other_end)
    : runs_(runs), plan_(std::move(plan)), other_end_(std::move(other_end)), answer_(std::make_unique<answer>(*this)) {}

fault_dialer::~fault_dialer() = default;

void fault_dialer::dial(std::function<void(outcome)> done) {
  done_ = std::move(done);
  if (!std::exchange(waiting_, true)) runs_.post(*answer_);
}

void fault_dialer::cancel() noexcept { done_ = nullptr; }

}  // namespace troupe::test
