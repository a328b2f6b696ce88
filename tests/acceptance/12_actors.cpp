// State that lives on a worker: a remote actor is an ordinary class; calls are ordered, answers are futures, a handle
// travels as an argument. Prints: 15 / 1000 calls, last 1015 / through a task 1016 / gone: yes
#include <troupe/troupe.hpp>

#include <fmt/core.h>

#include <vector>

class counter {
 public:
  explicit counter(int start) : value_(start) {}
  int add(int n) { return value_ += n; }
  int value() const { return value_; }

 private:
  int value_;
};

troupe::task<int> bump(troupe::remote_actor<counter> handle) {
  auto answer = handle.call<&counter::add>(1);
  co_return co_await answer;
}

troupe::task<int> app(troupe::client client) {
  auto created = client.create_actor<counter>(10);
  troupe::remote_actor<counter> handle = co_await created;

  auto first = handle.call<&counter::add>(5);
  fmt::print("{}\n", co_await first);

  std::vector<troupe::future<int>> answers;
  for (int i = 0; i < 1000; ++i) answers.push_back(handle.call<&counter::add>(1));
  std::vector<int> values = co_await troupe::gather(answers);
  bool ordered = true;
  for (int i = 0; i < 1000; ++i) ordered = ordered && values[i] == 16 + i;
  fmt::print("{} calls, last {}\n", values.size(), values.back());

  auto through = client.submit<bump>(handle);
  fmt::print("through a task {}\n", co_await through);

  auto stopped = handle.stop();
  co_await stopped;
  auto late = handle.call<&counter::value>();
  bool gone = false;
  try {
    co_await late;
  } catch (troupe::actor_gone const&) {
    gone = true;
  }
  fmt::print("gone: {}\n", gone ? "yes" : "no");
  co_return ordered&& gone ? 0 : 1;
}

int main(int argc, char** argv) { return troupe::run(argc, argv, app); }
