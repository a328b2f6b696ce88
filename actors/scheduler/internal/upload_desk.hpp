#pragma once

#include <troupe/actors/scheduler/internal/local_scheduler.hpp>
#include <troupe/actors/scheduler/internal/upload.hpp>
#include <troupe/futures/task.hpp>

#include <cstdint>
#include <map>
#include <memory>
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

  [[nodiscard]] std::uint64_t begin(client_id from, upload_info const& what);
  void add(client_id from, send_upload&& piece);
  [[nodiscard]] task<query_result> finish(client_id from, upload_info what);
  void keep(upload_info const& what, content_ptr bytes);
  void remove(std::string const& name);
  [[nodiscard]] content_ptr find(std::string const& digest) const;
  [[nodiscard]] std::uint64_t bytes_kept() const;

  /// Sends a worker what it lacks.
  [[nodiscard]] static task<upload_state> give(actor_ref<worker_actor> worker, upload_info what, content_ptr bytes);
  [[nodiscard]] static task<void> deliver(actor_ref<worker_actor> worker, kept_upload upload, promise<delivered> told);
  [[nodiscard]] task<void> give_everything(attach_worker joining);
  /// A copy of what a program can run, with more.
  [[nodiscard]] static std::shared_ptr<program_functions const> extended(
      std::shared_ptr<program_functions const> const& known, upload_state const& with);

  local_scheduler& scheduler_;
  std::vector<kept_upload> shelf_;  // in the order in which they came
  std::map<std::pair<client_id, std::string>, std::pair<std::uint64_t, content>> incoming_;  // with the size to be
  struct equipped {
    actor_ref<worker_actor> actor;
    std::string name;
    worker_life life;
  };
  std::map<actor_id, equipped> equipping_;
};

}  // namespace troupe::detail
