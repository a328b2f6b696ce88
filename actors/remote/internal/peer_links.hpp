#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>

namespace troupe::detail {

/// The links to workers that the remote_peers of one loop hold open, in the order in which they were used. Where there
/// are more than a limit allows, those are closed that nothing is under way on, the least recently used first; as long
/// as something is under way on too many, there are more. One thread.
class peer_links {
 public:
  /// One link, opened again and again.
  class entry {
   public:
    entry(entry const&) = delete;
    entry& operator=(entry const&) = delete;
    /// Something is under way on it that would be lost with it.
    [[nodiscard]] virtual bool in_use() const = 0;
    /// Tells `gone`.
    virtual void close(std::string why) = 0;

   protected:
    entry() = default;
    ~entry() = default;

   private:
    friend class peer_links;
    std::optional<std::list<entry*>::iterator> place_;
  };

  explicit peer_links(std::size_t most) noexcept : most_(most) {}
  peer_links(peer_links const&) = delete;
  peer_links& operator=(peer_links const&) = delete;

  /// It was opened, or something was sent over it.
  void used(entry& link);
  /// Something that was under way on it has ended. May close it.
  void ended(entry& link);
  /// It is closed.
  void gone(entry& link) noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return open_.size(); }

 private:
  void close_those_beyond();

  std::size_t const most_;
  std::list<entry*> open_;  // the least recently used first
};

}  // namespace troupe::detail
