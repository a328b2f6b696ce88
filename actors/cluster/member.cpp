#include <troupe/actors/client/internal/local_client.hpp>
#include <troupe/actors/cluster/internal/cluster_workers.hpp>
#include <troupe/actors/cluster/internal/member.hpp>
#include <troupe/actors/cluster/process/child_process.hpp>
#include <troupe/actors/cluster/process/memory.hpp>
#include <troupe/actors/functions/task_library.hpp>
#include <troupe/actors/remote/internal/remote_peers.hpp>
#include <troupe/actors/worker/internal/upload_store.hpp>
#include <troupe/actors/worker/log.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <utility>
#include <vector>

namespace troupe::detail {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown host";
}

/// Tries again until `until`: a scheduler may start later than its workers.
link_ptr connect_until(event_loop& on, std::string const& address, hello const& self, time_point until,
                       worker_member::pause const& wait) {
  bool first = true;
  for (auto pause = std::chrono::milliseconds(50);; pause = std::min(pause * 2, std::chrono::milliseconds(2000))) {
    try {
      return connect_link(on, address, self, {}).get();
    } catch (refused_for_good const&) {
      throw;
    } catch (error const& problem) {
      if (clock::now() + pause >= until) throw worker_member::no_scheduler(problem.what());
      if (std::exchange(first, false))
        log("{}; trying for {:.0f} s more", problem.what(),
            std::chrono::duration<double>(until - clock::now()).count());
    }
    if (!wait(pause)) throw worker_member::not_wanted("the worker was asked to stop before it joined its cluster");
  }
}

std::string host_of(std::string const& address) {
  auto from = address.find("://");
  from = from == std::string::npos ? 0 : from + 3;
  return address.substr(from, address.rfind(':') - from);
}

std::string port_of(std::string const& address) { return address.substr(address.rfind(':') + 1); }

bool names_port(std::string const& address) {
  auto scheme = address.find("://");
  auto bracket = address.find(']');
  auto host = bracket != std::string::npos ? bracket : scheme != std::string::npos ? scheme + 3 : 0;
  return address.find(':', host) != std::string::npos;
}

bool is_wildcard(std::string const& host) { return host == "0.0.0.0" || host == "[::]"; }

/// Where others reach what listens on `listening`: on the interface that reaches the scheduler unless it has one host.
std::string contact_for(std::string const& listening, std::string const& contact, std::string const& own_end) {
  if (!contact.empty()) return names_port(contact) ? contact : contact + ":" + port_of(listening);
  if (!is_wildcard(host_of(listening))) return listening;
  return "tcp://" + host_of(own_end) + ":" + port_of(listening);
}

worker_options limits_of(worker_server_options const& options) {
  worker_options limits;
  limits.fetch_bytes = options.message_bytes;
  if (options.memory_limit > 0)
    limits.incoming_bytes = static_cast<std::uint64_t>(double(options.memory_limit) * options.memory_transfer);
  if (options.memory_limit > 0 && options.memory_target > 0)
    limits.target_bytes = static_cast<std::uint64_t>(double(options.memory_limit) * options.memory_target);
  limits.incoming_fetches = std::max<std::size_t>(1, options.connections);
  return limits;
}

template <class T>
auto wait_for(future<T> f) {
  return std::move(f).get();
}

std::uint64_t features_of(std::string const& compression) {
  if (compression == "auto") return compression_features;
  if (compression == "lz4") return lz4_feature;
  if (compression == "zstd") return zstd_feature;
  if (compression == "none") return 0;
  throw error("compression is auto, lz4, zstd or none, not '" + compression + "'");
}

}  // namespace

hello introduce(link_role role, std::string const& compression) {
  static std::uint64_t const epoch = [] {
    std::random_device source;
    return std::uint64_t(source()) << 32 | source();
  }();
  hello self;
  self.role = role;
  self.epoch = epoch;
  self.features = features_of(compression);
  self.name = fmt::format("{}, process {} of {}", this_program(), ::getpid(), host_name());
  return self;
}

std::string name_of_process() { return fmt::format("{}-{}", host_name(), ::getpid()); }

std::string full_address(std::string const& address) {
  auto full = address.find("://") == std::string::npos ? "tcp://" + address : address;
  if (!names_port(full)) full += ":8786";
  return full;
}

link_ptr connect_as(link_role role, event_loop& on, worker_server_options const& options,
                    worker_member::pause const& wait) {
  auto until =
      clock::now() + std::chrono::duration_cast<duration>(std::chrono::duration<double>(options.death_timeout));
  return connect_until(on, full_address(options.scheduler), introduce(role, options.compression), until, wait);
}

worker_member::worker_member(runtime& in, worker_server_options const& options, pause const& wait) {
  auto& loop = in.loop(0);
  auto uploads = std::make_shared<upload_store>(options.local_directory);
  // One that was chosen and cannot be used is noticed now.
  if (!options.local_directory.empty()) static_cast<void>(uploads->directory());
  auto name = options.name.empty() ? name_of_process() : options.name;
  auto threads = options.threads ? options.threads : std::max(1u, std::thread::hardware_concurrency());
  auto link = connect_as(link_role::worker, loop, options, wait);
  auto own_end = link->local_address();

  scheduler_ = loop.spawn<remote_scheduler>(std::move(link), introduce(link_role::peer, options.compression),
                                            link_options(), std::size_t(options.peer_links));
  services_ = std::make_shared<worker_services>();
  services_->name = name;
  services_->threads = threads;
  services_->memory_limit = options.memory_limit;
  services_->uploads = std::move(uploads);
  services_->pack_up_to = small_result;
  services_->pool = std::make_shared<thread_pool>(name, threads);
  services_->pool->on_blocking([] {
    if (auto* task = execution::current()) task->note_waiting();
  });
  context_ = std::make_unique<worker_context>(*services_);
  for (auto const& library : options.load) hooks_.set_up(load_task_library(library), *context_);
  services_->children =
      make_intrusive<session>(actor_ref<scheduler_actor>(scheduler_), services_->pool, session::reach::other_processes);
  services_->children->set_actor(loop.spawn<local_client>(services_->children, actor_ref<scheduler_actor>(scheduler_),
                                                          name, local_client::place::in_worker));
  // Who started it reads that it works; what a program starts for itself goes without saying.
  auto joined =
      !options.announce ? "" : fmt::format("{} works for the scheduler at {}", name, full_address(options.scheduler));
  worker_ = loop.spawn<local_worker>(local_worker::setup{scheduler_, services_, limits_of(options), joined});
  values_ = loop.spawn<value_server>(
      value_server::setup{name, worker_, services_->pool, introduce(link_role::worker, options.compression)});
  scheduler_.send(remote_scheduler::serve_values{values_});
  auto listening = wait_for(values_.ask(value_server::listen_on{options.listen}));
  worker_info info{name, threads, options.memory_limit, contact_for(listening, options.contact, own_end),
                   options.resources};
  info.process_memory = resident_memory(::getpid()).value_or(0);
  scheduler_.send(attach_worker{worker_, std::move(info), {}, {options.nanny, options.life}});
  memory_policy::thresholds at{options.memory_target, options.memory_spill, options.memory_pause};
  // Without a limit it only tells the scheduler what the process takes.
  if (options.memory_limit == 0) at = {0, 0, 0};
  memory_ = loop.spawn<memory_watch>(memory_watch::worker{worker_, services_}, at);
}

worker_member::~worker_member() { leave(); }

future<query_result> worker_member::retire() {
  return services_->children->ask({retire_workers{{services_->name}, false}, {}});
}

bool worker_member::finish(time_point until) {
  auto finished = worker_.ask(finish_up{});
  services_->children->ask_to_close();
  wait_for(services_->children->actor().ended());
  return block_until_done(*future_access::state(finished), until, "leaving a cluster");
}

void worker_member::leave() {
  if (std::exchange(left_, true)) return;
  static_cast<void>(finish(time_point::max()));
  hooks_.tear_down();
  services_->pool->join();
  for (actor_handle const& one :
       {actor_handle(memory_), actor_handle(values_), actor_handle(worker_), actor_handle(scheduler_)}) {
    one.stop();
    wait_for(one.ended());
  }
}

namespace {

/// The clients of schedulers elsewhere that a program has in one runtime. They share a thread for callbacks.
class clients_of_runtime {
 public:
  /// From its first use until the runtime closes. Throws client_closed for one that closes.
  static std::shared_ptr<clients_of_runtime> of(runtime& in) {
    auto& all = instances();
    std::scoped_lock lock(all.mutex);
    auto& known = all.known[&in];
    if (known) return known;
    auto made = std::make_shared<clients_of_runtime>();
    if (!in.on_close([&in, made] {
          made->close();
          forget(in);
        })) {
      all.known.erase(&in);
      throw client_closed("a client needs a runtime that is not closed");
    }
    return known = std::move(made);
  }

  [[nodiscard]] std::shared_ptr<thread_pool> const& callbacks() const noexcept { return callbacks_; }

  void add(intrusive_ptr<session> opened) {
    std::scoped_lock lock(mutex_);
    std::erase_if(sessions_, [](auto const& one) { return one->has_ended(); });
    sessions_.push_back(std::move(opened));
  }

 private:
  struct by_runtime {
    std::mutex mutex;
    std::map<runtime const*, std::shared_ptr<clients_of_runtime>> known;
  };
  static by_runtime& instances() {
    static auto* const all = new by_runtime;  // runtimes may end after the program's statics
    return *all;
  }
  static void forget(runtime const& in) {
    auto& all = instances();
    std::scoped_lock lock(all.mutex);
    all.known.erase(&in);
  }

  /// Throws would_deadlock on a thread of a loop, and may be called again then.
  void close() {
    std::unique_lock lock(mutex_);
    auto const all = sessions_;
    lock.unlock();
    close_all(all);
    callbacks_->join();
  }

  std::shared_ptr<thread_pool> const callbacks_ = std::make_shared<thread_pool>("client", 1);
  std::mutex mutex_;  // guards sessions_
  std::vector<intrusive_ptr<session>> sessions_;
};

}  // namespace

client connect_to(runtime& in, std::string const& address, std::string name, link_options options) {
  auto& loop = in.loop(0);
  auto others = clients_of_runtime::of(in);
  auto link = connect_link(loop, full_address(address), introduce(link_role::client), options).get();
  actor_ref<scheduler_actor> scheduler =
      loop.spawn<remote_scheduler>(std::move(link), introduce(link_role::peer), options);
  auto opened = open_session(loop, std::move(scheduler), others->callbacks(), std::move(name), {},
                             session::reach::other_processes);
  auto first = make_client(opened, {});
  opened->end_when_unused();
  others->add(std::move(opened));
  return first;
}

}  // namespace troupe::detail
