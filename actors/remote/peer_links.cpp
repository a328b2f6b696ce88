#include <troupe/actors/remote/internal/peer_links.hpp>

#include <utility>

namespace troupe::detail {

void peer_links::used(entry& link) {
  if (link.place_) return open_.splice(open_.end(), open_, *link.place_);
  link.place_ = open_.insert(open_.end(), &link);
  close_those_beyond();
}

void peer_links::ended(entry& link) {
  if (link.place_) open_.splice(open_.end(), open_, *link.place_);
  close_those_beyond();
}

void peer_links::gone(entry& link) noexcept {
  if (auto place = std::exchange(link.place_, std::nullopt)) open_.erase(*place);
}

void peer_links::close_those_beyond() {
  for (auto next = open_.begin(); open_.size() > most_ && next != open_.end();) {
    // Closing takes it off the list.
    auto* link = *next++;
    if (!link->in_use()) link->close("others are used more");
  }
}

}  // namespace troupe::detail
