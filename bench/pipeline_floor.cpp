#include "pipeline_floor.hpp"
#include "process_costs.hpp"
#include "roles.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <deque>
#include <vector>

namespace troupe::bench {
namespace {

struct record {
  std::uint32_t id = 0;
  std::uint32_t function = 0;
  std::uint64_t value = 0;
};

/// Collects records to be sent and reads those that came.
class record_link {
 public:
  explicit record_link(descriptor socket) : socket_(std::move(socket)) {}

  [[nodiscard]] int socket() const noexcept { return socket_.get(); }
  void put(record r) { out_.push_back(r); }
  void flush() {
    if (!out_.empty()) require(send_all(socket(), out_.data(), out_.size() * sizeof(record)), "a link of the floor");
    out_.clear();
  }
  /// What is there; false at the end of the stream.
  template <class Each>
  bool read(Each each) {
    auto got = ::recv(socket(), in_.data() + filled_, in_.size() - filled_, 0);
    if (got <= 0) return false;
    filled_ += static_cast<std::size_t>(got);
    auto whole = filled_ / sizeof(record);
    for (std::size_t i = 0; i < whole; ++i) {
      record r;
      std::memcpy(&r, in_.data() + i * sizeof r, sizeof r);
      each(r);
    }
    std::memmove(in_.data(), in_.data() + whole * sizeof(record), filled_ - whole * sizeof(record));
    filled_ -= whole * sizeof(record);
    return true;
  }

 private:
  descriptor socket_;
  std::vector<record> out_;
  std::vector<char> in_ = std::vector<char>(std::size_t{1} << 18);
  std::size_t filled_ = 0;
};

class floor_scheduler {
 public:
  floor_scheduler(record_link client, std::array<record_link, 2> workers, std::size_t window)
      : client_(std::move(client)), workers_(std::move(workers)), window_(window) {}

  void run() {
    for (;;) {
      std::array<pollfd, 3> sockets{pollfd{client_.socket(), POLLIN, 0}, pollfd{workers_[0].socket(), POLLIN, 0},
                                    pollfd{workers_[1].socket(), POLLIN, 0}};
      ::poll(sockets.data(), sockets.size(), -1);
      if (sockets[0].revents != 0 && !client_.read([this](record r) { submit(r); })) return;
      for (std::size_t w = 0; w < workers_.size(); ++w)
        if (sockets[w + 1].revents != 0 && !workers_[w].read([this, w](record r) { finish(r, w); })) return;
      for (std::size_t w = 0; w < workers_.size(); ++w) assign(w);
      client_.flush();
    }
  }

 private:
  void submit(record r) {
    if (tasks_.size() <= r.id) tasks_.resize(r.id + 1);
    tasks_[r.id] = r;
    ready_.push_back(r);
  }
  void finish(record r, std::size_t worker) {
    tasks_[r.id].value = r.value;
    --running_[worker];
    client_.put(r);
  }
  void assign(std::size_t worker) {
    for (; running_[worker] < window_ && !ready_.empty(); ++running_[worker]) {
      workers_[worker].put(ready_.front());
      ready_.pop_front();
    }
    workers_[worker].flush();
  }

  record_link client_;
  std::array<record_link, 2> workers_;
  std::size_t window_;
  std::deque<record> ready_;
  std::vector<record> tasks_;
  std::array<std::size_t, 2> running_{};
};

}  // namespace

int play_floor_scheduler(std::size_t window) {
  tcp_listener listener;
  std::printf("%u\n", unsigned(listener.port()));
  std::fflush(stdout);
  record_link client(listener.accept());
  std::array<record_link, 2> workers{record_link(listener.accept()), record_link(listener.accept())};
  floor_scheduler(std::move(client), std::move(workers), window).run();
  return 0;
}

int play_floor_worker(std::uint16_t port) {
  record_link scheduler(connect_tcp(port));
  std::puts("started");
  std::fflush(stdout);
  while (scheduler.read([&](record r) { scheduler.put({r.id, r.function, r.value + 1}); })) scheduler.flush();
  return 0;
}

struct pipeline_floor::client_end {
  record_link link;
};

pipeline_floor::pipeline_floor(std::size_t window, std::size_t batch)
    : batch_(batch), scheduler_(this_program_as({"--play-floor-scheduler", std::to_string(window)})) {
  auto port = scheduler_.read_line();
  client_ =
      std::make_unique<client_end>(client_end{record_link(connect_tcp(static_cast<std::uint16_t>(std::stoul(port))))});
  for (auto& worker : workers_) {
    worker = std::make_unique<child>(this_program_as({"--play-floor-worker", port}));
    static_cast<void>(worker->read_line());
  }
}

pipeline_floor::~pipeline_floor() = default;

sample pipeline_floor::run(std::uint32_t tasks) {
  auto& link = client_->link;
  process_meter costs({{"client", ::getpid()},
                       {"scheduler", scheduler_.pid()},
                       {"worker0", workers_[0]->pid()},
                       {"worker1", workers_[1]->pid()}});
  auto begin = std::chrono::steady_clock::now();
  std::uint32_t sent = 0, got = 0;
  std::uint64_t sum = 0;
  while (got < tasks) {
    for (std::size_t i = 0; i < batch_ && sent < tasks; ++i, ++sent) link.put({sent, 7, sent});
    link.flush();
    pollfd socket{link.socket(), POLLIN, 0};
    if (sent == tasks || ::poll(&socket, 1, 0) > 0)
      require(link.read([&](record r) { ++got, sum += r.value; }), "link");
  }
  sample s;
  s.value = seconds_since(begin) / tasks / us;
  costs.add_costs(s, tasks);
  require(sum == std::uint64_t{tasks} * (tasks + 1) / 2, "sum of the pipeline");
  return s;
}

}  // namespace troupe::bench
