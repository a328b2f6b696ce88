#include <troupe/actors/remote/internal/calls_sent.hpp>
#include <troupe/actors/remote/internal/remote_peers.hpp>
#include <troupe/actors/remote/internal/value_parts.hpp>
#include <troupe/actors/remote/internal/wire.hpp>
#include <troupe/actors/runtime/internal/asio_loop.hpp>
#include <troupe/actors/runtime/internal/run_on.hpp>
#include <troupe/actors/scheduler/internal/scheduler_actor.hpp>
#include <troupe/actors/worker/log.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>

namespace troupe::detail {

future<link_ptr> connect_link(event_loop& on, std::string address, hello self, link_options options) {
  auto shared = std::make_shared<promise<link_ptr>>();
  auto answer = shared->get_future();
  run_on(on, [shared, &on, address = std::move(address), self = std::move(self), options] {
    connect(io_of(on), address, self, options, [shared](link_ptr made, connect_failure const& why) {
      if (made)
        shared->set_value(std::move(made));
      else if (why.refused)
        shared->set_error(std::make_exception_ptr(refused_for_good(why.reason)));
      else
        shared->set_error(std::make_exception_ptr(error(why.reason)));
    });
  });
  return answer;
}

/// One of its links, and what was asked for over it.
class remote_peer::lane final : private link_handler, private peer_links::entry {
 public:
  lane(remote_peer& owner, duration idle_limit) noexcept : owner_(owner), idle_limit_(idle_limit) {}
  lane(lane const&) = delete;
  lane& operator=(lane const&) = delete;
  ~lane() { close("the values are no longer wanted"); }

  /// Connects where there is no link; false where none can be had.
  [[nodiscard]] task<bool> opened();
  [[nodiscard]] bool is_open() const noexcept { return bool(link_); }
  void avoid_until(time_point when) noexcept { avoid_ = when; }
  void close(std::string why) override;

  // While it is open.
  [[nodiscard]] future<std::vector<value_ptr>> ask(get_values const& request);
  void send(actor_calls batch);
  void send(stop_calls const& batch);
  /// How long it may still go unused; not above zero where it has been for too long.
  [[nodiscard]] duration time_left() const noexcept {
    return in_use() ? idle_limit_ : idle_limit_ - (owner_.now() - last_used_);
  }
  [[nodiscard]] duration idle_limit() const noexcept { return idle_limit_; }

 private:
  /// Who waits until it is open has something for it.
  class wish {
   public:
    explicit wish(lane& of) noexcept : of_(of) { ++of_.wishes_; }
    wish(wish const&) = delete;
    wish& operator=(wish const&) = delete;
    ~wish() { --of_.wishes_; }

   private:
    lane& of_;
  };

  /// Calls and values that were not answered, and answers whose handles nobody has taken over yet.
  [[nodiscard]] bool in_use() const noexcept override {
    return wishes_ > 0 || !requests_.empty() || !calls_.empty() || (taken_ && !taken_->unique());
  }
  void note_use();
  void on_message(std::uint16_t type, std::span<std::byte const> body, std::vector<buffer> attachments) override;
  void on_down(std::string const& reason) override;

  remote_peer& owner_;
  duration const idle_limit_;
  link_ptr link_;
  std::size_t wishes_ = 0;
  std::optional<future<link_ptr>> connecting_;
  /// Until then it is not connected.
  time_point avoid_ = time_point::min();
  time_point last_used_{};
  value_requests requests_;
  functions_told told_;
  calls_sent calls_;
  intrusive_ptr<answers_taken> taken_;  // of the link, where there is one
};

task<bool> remote_peer::lane::opened() {
  auto const& with = owner_.with_;
  if (link_) co_return true;
  if (with.address.empty() || owner_.now() < avoid_) co_return false;
  wish waits(*this);
  if (!connecting_) connecting_ = with.connect(owner_.loop(), with.address, with.self, with.options);
  auto mine = *connecting_;
  try {
    auto made = co_await mine;
    if (with.epoch != 0 && made->peer().epoch != with.epoch) {
      made->close("another worker was meant, which was at this address before");
      throw error("another process answers there: " + made->peer().name);
    }
    if (connecting_) {
      connecting_.reset();
      link_ = made;
      taken_ = make_intrusive<answers_taken>(link_, owner_.loop());
      link_->set_handler(this);
      note_use();
      owner_.begin_to_look(idle_limit_);
    }
    co_return bool(link_);
  } catch (error const& problem) {
    // The first of those who waited for it; and where neither link can be had, the first of the two.
    if (connecting_ && owner_.now() >= avoid_) {
      auto const* what = owner_.small_->is_open() || owner_.large_->is_open()
                             ? "is reached over one link only, on which what is small waits for what is large"
                             : "is not reached directly, its values come through the scheduler";
      log("{} at {} {}: {}", with.name, with.address, what, problem.what());
    }
    connecting_.reset();
    owner_.avoid_what_is_down();
  }
  co_return false;
}

void remote_peer::lane::close(std::string why) {
  if (!link_) return;
  if (owner_.with_.links) owner_.with_.links->gone(*this);
  taken_->close();
  taken_ = nullptr;
  link_->set_handler(nullptr);
  std::exchange(link_, nullptr)->close(std::move(why));
  told_ = {};
}

void remote_peer::lane::note_use() {
  last_used_ = owner_.now();
  if (owner_.with_.links) owner_.with_.links->used(*this);
}

future<std::vector<value_ptr>> remote_peer::lane::ask(get_values const& request) {
  note_use();
  auto opened = requests_.open(request.tasks.size(), bool(request.maker));
  wire_writer out(owner_.scratch_);
  out.put(opened.number);
  out.put(request.tasks);
  out.put(request.maker);
  out.send(*link_, wire_type::get_values);
  return std::move(opened.answer);
}

void remote_peer::lane::send(actor_calls batch) {
  note_use();
  wire_writer out(owner_.scratch_);
  calls_.send(out, *link_, wire_type::call_actors, told_, std::move(batch));
}

void remote_peer::lane::send(stop_calls const& batch) {
  auto numbers = calls_.numbers_of(batch);
  if (numbers.empty()) return;
  wire_writer out(owner_.scratch_);
  out.put(numbers);
  out.send(*link_, wire_type::stop_calls);
}

void remote_peer::lane::on_message(std::uint16_t type, std::span<std::byte const> body,
                                   std::vector<buffer> attachments) {
  wire_reader in(body, std::move(attachments));
  note_use();
  if (wire_type(type) == wire_type::call_answers)
    calls_.receive(in, *taken_);
  else if (wire_type(type) == wire_type::values)
    requests_.receive(in);
  else
    throw codec_error("a worker sent something that is no answer");
  in.expect_end();
  if (owner_.with_.links) owner_.with_.links->ended(*this);
}

void remote_peer::lane::on_down(std::string const& reason) {
  auto const& with = owner_.with_;
  auto gone = std::make_exception_ptr(actor_gone("the worker at " + with.address + " is gone: " + reason));
  link_ = nullptr;
  if (owner_.with_.links) owner_.with_.links->gone(*this);
  std::exchange(taken_, nullptr)->close();
  told_ = {};
  requests_.fail(gone);
  calls_.fail(std::make_exception_ptr(
      actor_gone(with.name + " was lost while the call was under way, so it is not known whether it ran: " + reason)));
}

/// They are answered on any thread.
class remote_peer::passed_on : public std::enable_shared_from_this<passed_on> {
 public:
  [[nodiscard]] bool any() {
    std::scoped_lock lock(mutex_);
    return !open_.empty();
  }
  /// Notes them.
  [[nodiscard]] actor_calls noted(actor_calls batch) {
    for (auto& call : batch.calls) {
      auto const* id = call.answer.id();
      auto* made = new noted_answer(shared_from_this(), std::move(call.answer));
      call.answer = answer_slot(*made);
      std::scoped_lock lock(mutex_);
      open_.emplace(id, made);
    }
    return batch;
  }
  /// Those among them that are open, as who was given them knows them.
  [[nodiscard]] stop_calls as_noted(stop_calls const& batch) {
    stop_calls theirs;
    std::scoped_lock lock(mutex_);
    for (auto const& item : batch.calls)
      if (auto found = open_.find(item.call); found != open_.end()) theirs.calls.push_back({item.actor, found->second});
    return theirs;
  }

 private:
  class noted_answer final : public call_answer {
   public:
    noted_answer(std::shared_ptr<passed_on> by, answer_slot to) noexcept : by_(std::move(by)), to_(std::move(to)) {}
    noted_answer(noted_answer const&) = delete;
    noted_answer& operator=(noted_answer const&) = delete;
    ~noted_answer() = default;
    void succeed(value_ptr value, handles_lent handles) noexcept override {
      std::unique_ptr<noted_answer> last(this);
      by_->forget(to_.id());
      to_.succeed(std::move(value), std::move(handles));
    }
    void fail(std::exception_ptr error, call_failure how) noexcept override {
      std::unique_ptr<noted_answer> last(this);
      by_->forget(to_.id());
      to_.fail(std::move(error), how);
    }

   private:
    std::shared_ptr<passed_on> by_;
    answer_slot to_;
  };

  void forget(call_answer const* id) noexcept {
    std::scoped_lock lock(mutex_);
    open_.erase(id);
  }

  std::mutex mutex_;  // guards what follows
  boost::unordered_flat_map<call_answer const*, call_answer const*> open_;
};

remote_peer::remote_peer(setup with)
    : with_(std::move(with)),
      small_(std::make_unique<lane>(*this, with_.small_idle_limit)),
      large_(std::make_unique<lane>(*this, with_.idle_limit)),
      relayed_(std::make_shared<passed_on>()) {
  monitor(with_.scheduler);
}
remote_peer::~remote_peer() = default;

void remote_peer::avoid_what_is_down() {
  for (auto* which : {small_.get(), large_.get()})
    if (!which->is_open()) which->avoid_until(time_after(now(), with_.directly_again_after));
}

task<std::vector<value_ptr>> remote_peer::on(get_values const& request) {
  auto wanted = request;
  for (bool asks_again = true; std::exchange(asks_again, false);) {
    std::array<lane*, 2> const order{wanted.large ? large_.get() : small_.get(),
                                     wanted.large ? small_.get() : large_.get()};
    auto opening = order.front()->opened();
    static_cast<void>(co_await std::move(opening));
    for (std::size_t i = 0; i < order.size() && !asks_again; ++i) {
      if (!order[i]->is_open()) continue;
      auto direct = order[i]->ask(wanted);
      try {
        co_return co_await std::move(direct);
      } catch (actor_gone const&) {
        // The link broke. Where both do, the scheduler knows whether the worker still lives.
        avoid_what_is_down();
      } catch (value_is_large const&) {
        wanted.maker = {};
        wanted.large = asks_again = true;
      }
    }
  }
  auto relayed = with_.scheduler.ask(relay_values{with_.id, wanted.tasks});
  co_return co_await std::move(relayed);
}

void remote_peer::begin_to_look(duration until) {
  // Should the other one be opened meanwhile, it is looked at in time.
  for (auto const* which : {small_.get(), large_.get()}) until = std::min(until, which->idle_limit());
  if (!std::exchange(looks_, true)) send_after(until, this, look_idle{});
}

void remote_peer::on(look_idle) {
  looks_ = false;
  auto next = duration::max();
  for (auto* which : {small_.get(), large_.get()}) {
    if (!which->is_open()) continue;
    auto left = which->time_left();
    if (left <= duration::zero())
      which->close("it was not used for long");
    else
      next = std::min(next, left);
  }
  if (next < duration::max()) begin_to_look(next);
}

void remote_peer::on(actor_calls&& batch) {
  bool first = waiting_.empty();
  if (first && relayed_->any()) return relay(std::move(batch));
  if (first && small_->is_open()) return small_->send(std::move(batch));
  waiting_.emplace_back(std::move(batch));
  if (first) start(send_when_connected());
}

void remote_peer::on(stop_calls&& batch) {
  if (!waiting_.empty()) {
    waiting_.emplace_back(std::move(batch));
    return;
  }
  if (auto relayed = relayed_->as_noted(batch); !relayed.calls.empty())
    with_.scheduler.send(relay_stop_calls{with_.id, std::move(relayed)});
  if (small_->is_open()) small_->send(batch);
}

task<void> remote_peer::send_when_connected() {
  auto reached = small_->opened();
  static_cast<void>(co_await std::move(reached));
  for (auto& batch : std::exchange(waiting_, {})) {
    if (auto* calls = std::get_if<actor_calls>(&batch))
      pass_on(std::move(*calls));
    else
      on(std::move(std::get<stop_calls>(batch)));
  }
}

void remote_peer::pass_on(actor_calls batch) {
  if (small_->is_open() && !relayed_->any())
    small_->send(std::move(batch));
  else
    relay(std::move(batch));
}

void remote_peer::relay(actor_calls batch) {
  with_.scheduler.send(relay_calls{with_.id, relayed_->noted(std::move(batch))});
}

}  // namespace troupe::detail
