#include "caf_actors.hpp"

#include <caf/all.hpp>

#include <future>

namespace troupe::bench {
namespace {

struct item {
  std::uint64_t n;
};
struct more {};
struct query {
  std::uint64_t n;
};
struct answer {
  std::uint64_t n;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, item& m) {
  return f(caf::meta::type_name("item"), m.n);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, more&) {
  return f(caf::meta::type_name("more"));
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, query& m) {
  return f(caf::meta::type_name("query"), m.n);
}
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, answer& m) {
  return f(caf::meta::type_name("answer"), m.n);
}

class sink : public caf::event_based_actor {
 public:
  sink(caf::actor_config& config, caf::actor from, std::uint64_t count, std::promise<std::uint64_t>& result)
      : caf::event_based_actor(config), from_(std::move(from)), count_(count), result_(result) {}

  caf::behavior make_behavior() override {
    return {[this](item const& m) {
      sum_ += m.n;
      if (++seen_ == count_) {
        result_.set_value(sum_);
        quit();
      } else if (seen_ % message_window == 0) {
        send(from_, more{});
      }
    }};
  }
  void on_exit() override { from_ = nullptr; }

 private:
  caf::actor from_;
  std::uint64_t count_;
  std::promise<std::uint64_t>& result_;
  std::uint64_t seen_ = 0;
  std::uint64_t sum_ = 0;
};

class source : public caf::event_based_actor {
 public:
  source(caf::actor_config& config, std::uint64_t count, std::promise<std::uint64_t>& result)
      : caf::event_based_actor(config), count_(count), result_(result) {}

  caf::behavior make_behavior() override {
    to_ = spawn<sink>(caf::actor_cast<caf::actor>(this), count_, result_);
    return {[this](more const&) {
      for (std::uint64_t i = 0; i < message_window && next_ < count_; ++i) send(to_, item{next_++});
      if (next_ == count_) quit();
    }};
  }
  void on_exit() override { to_ = nullptr; }

 private:
  caf::actor to_;
  std::uint64_t count_;
  std::promise<std::uint64_t>& result_;
  std::uint64_t next_ = 0;
};

class server : public caf::event_based_actor {
 public:
  using caf::event_based_actor::event_based_actor;
  caf::behavior make_behavior() override {
    return {[](query const& m) { return answer{m.n}; }};
  }
};

class asker : public caf::event_based_actor {
 public:
  asker(caf::actor_config& config, std::uint64_t count, std::promise<std::uint64_t>& result)
      : caf::event_based_actor(config), count_(count), result_(result) {}

  caf::behavior make_behavior() override {
    to_ = spawn<server>();
    return {[this](more const&) { next(); }};
  }
  void on_exit() override { to_ = nullptr; }

 private:
  void next() {
    request(to_, caf::infinite, query{i_}).then([this](answer const& a) {
      sum_ += a.n;
      if (++i_ < count_) return next();
      result_.set_value(sum_);
      send_exit(to_, caf::exit_reason::user_shutdown);
      quit();
    });
  }

  caf::actor to_;
  std::uint64_t count_;
  std::promise<std::uint64_t>& result_;
  std::uint64_t i_ = 0;
  std::uint64_t sum_ = 0;
};

template <class First>
sample run(std::uint64_t count, unsigned threads) {
  std::promise<std::uint64_t> result;
  auto sum = result.get_future();
  caf::actor_system_config config;
  if (threads > 0) config.set("scheduler.max-threads", threads);
  caf::actor_system system(config);
  auto first = system.spawn<First>(count, result);
  meter m;
  caf::anon_send(first, more{});
  auto seen = sum.get();
  auto s = m.per(count, ns);
  require(seen == count * (count - 1) / 2, "sum of what CAF's actors saw");
  return s;
}

}  // namespace

sample run_caf_messages(std::uint64_t count, unsigned threads) { return run<source>(count, threads); }
sample run_caf_round_trips(std::uint64_t count, unsigned threads) { return run<asker>(count, threads); }

}  // namespace troupe::bench
