#include <troupe/net/link/internal/resident.hpp>

#include <utility>

namespace troupe::detail {

executor& resident::runs() const noexcept { return context_.runs_; }

void resident::move_in(ref_counted& self) {
  place_ = context_.residents_.size();
  context_.residents_.push_back({intrusive_ptr<ref_counted>(&self), this});
}

void resident::move_out() noexcept {
  if (std::exchange(moved_out_, true)) return;
  ++queued_;
  ran();
}

void resident::post(work& s) noexcept {
  ++queued_;
  runs().post(s);
}

void resident::ran() noexcept {
  if (--queued_ > 0 || !moved_out_) return;
  auto& all = context_.residents_;
  auto place = place_;
  auto held = std::exchange(all[place], std::move(all.back()));
  all[place].who->place_ = place;
  all.pop_back();
}

void resident::set(alarm_base& a, time_point when) {
  unset(a);
  a.wanted_ = when;
  if (a.queued_) return;
  runs().post_at(when, a);
  a.queued_ = true;
  ++queued_;
}

void resident::unset(alarm_base& a) noexcept {
  a.wanted_.reset();
  if (!a.queued_ || !runs().cancel(a)) return;
  a.queued_ = false;
  --queued_;
}

void resident::fire(alarm_base& a) noexcept {
  a.queued_ = false;
  if (a.wanted_ && !moved_out_) {
    if (*a.wanted_ > runs().now()) {
      set(a, *a.wanted_);
    } else {
      a.wanted_.reset();
      a.act();
    }
  }
  ran();
}

void link_context::abandon_all() noexcept {
  auto all = std::exchange(residents_, {});
  std::vector<resident*> left;
  // First all of them: one may end another, which then has no place to leave any more.
  for (auto const& e : all)
    if (!std::exchange(e.who->moved_out_, true)) left.push_back(e.who);
  for (auto* r : left) r->abandon();
}

}  // namespace troupe::detail
