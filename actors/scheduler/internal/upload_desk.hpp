#pragma once

#include <troupe/actors/scheduler/internal/local_scheduler.hpp>
#include <troupe/actors/scheduler/internal/upload.hpp>
#include <troupe/futures/task.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe::detail {

/// Keeps what clients upload, and hands it to the workers there are and to those that join. The scheduler's actor.
class local_scheduler::upload_desk {
 public:
  explicit upload_desk(local_scheduler& of) : scheduler_(of) {}

  [[nodiscard]] static bool is_asked(query const& asked) noexcept;
  [[nodiscard]] task<query_result> answer(client_id from, query asked);
  /// What it was sending is dropped.
  void forget(client_id client);

  // Workers that join.
  [[nodiscard]] bool has_something() const noexcept { return !shelf_.empty(); }
  /// Lets it join when it has everything, or refuses it.
  void equip(attach_worker&& joining);
  /// False where another one of its name is being equipped; an earlier life of its own gives way.
  [[nodiscard]] bool make_room_for(attach_worker const& joining);
  void forget(actor_id worker) { equipping_.erase(worker); }

 private:
  struct content {
    std::uint64_t size = 0;
    std::vector<shared_bytes> pieces;
  };
  using content_ptr = std::shared_ptr<content const>;
  struct incoming {
    std::uint64_t size_to_be = 0;
    content bytes;
    /// Uploads of one client that send the same.
    std::set<std::uint64_t> senders;
  };
  struct kept_upload {
    upload_info what;
    content_ptr bytes;
  };
  /// What became of it on one worker.
  struct delivered {
    std::string problem;
    bool left = false;
    upload_state state;
  };

  [[nodiscard]] std::uint64_t begin(client_id from, begin_upload const& first);
  void add(client_id from, send_upload&& piece);
  void give_up(client_id from, std::string const& digest, std::uint64_t sender);
  /// What has come for this sender, who sends no more; null where that is not all of it.
  [[nodiscard]] content_ptr take(client_id from, finish_upload const& last);
  [[nodiscard]] task<query_result> finish(client_id from, finish_upload last);
  /// Held while an upload of this name is on its way to workers. Without it two of them could reach the workers in
  /// different orders.
  using turn = std::shared_ptr<void>;
  [[nodiscard]] task<turn> take_turn(upload_kind kind, std::string name);
  void keep(upload_info const& what, content_ptr bytes);
  void remove(std::string const& name);
  [[nodiscard]] content_ptr find(std::string const& digest) const;
  [[nodiscard]] std::uint64_t bytes_kept() const;

  /// Sends a worker what it lacks.
  [[nodiscard]] static task<upload_state> give(actor_ref<worker_actor> worker, upload_info what, content_ptr bytes);
  [[nodiscard]] static task<void> deliver(actor_ref<worker_actor> worker, kept_upload upload, promise<delivered> told,
                                          turn held);
  [[nodiscard]] task<void> give_everything(attach_worker joining);
  /// A copy of what a program can run, with more.
  [[nodiscard]] static std::shared_ptr<program_functions const> extended(
      std::shared_ptr<program_functions const> const& known, upload_state const& with);

  local_scheduler& scheduler_;
  std::vector<kept_upload> shelf_;  // in the order in which they came
  std::map<std::pair<client_id, std::string>, incoming> incoming_;
  std::set<std::pair<upload_kind, std::string>> being_handed_out_;
  std::vector<promise<void>> turns_wanted_;
  struct equipped {
    actor_ref<worker_actor> actor;
    std::string name;
    worker_life life;
  };
  std::map<actor_id, equipped> equipping_;
};

}  // namespace troupe::detail
