#include "cluster.hpp"

#include <troupe/actors/cluster/internal/member.hpp>

#include <algorithm>
#include <thread>

namespace troupe::test {

process_cluster::process_cluster(std::vector<std::string> scheduler_arguments) {
  detail::child_options options;
  options.command = {TEST_TROUPE, "scheduler", "--host", "127.0.0.1", "--port", "0"};
  options.command.insert(options.command.end(), scheduler_arguments.begin(), scheduler_arguments.end());
  options.on_output = said_.collector();
  scheduler_ = std::make_unique<detail::child_process>(std::move(options));
  auto said = wait_for_word("tcp://");
  address_ = said.substr(said.find("tcp://"));
}

std::string process_cluster::wait_for_word(std::string const& text) {
  for (std::size_t count = 1;; ++count) {
    auto line = said_.wait_for(count)[count - 1];
    if (line.find(text) != std::string::npos) return line;
  }
}

detail::child_process& process_cluster::begin_worker(std::vector<std::string> const& arguments, lines& said,
                                                     std::map<std::string, std::string> environment,
                                                     std::vector<std::string> under) {
  auto command = std::move(under);
  command.insert(command.end(), {detail::this_program(), "--worker"});
  return begin(std::move(command), arguments, said, std::move(environment));
}

detail::child_process& process_cluster::begin_troupe_worker(std::vector<std::string> const& arguments, lines& said,
                                                            std::map<std::string, std::string> environment) {
  return begin({TEST_TROUPE, "worker"}, arguments, said, std::move(environment));
}

detail::child_process& process_cluster::begin(std::vector<std::string> command,
                                              std::vector<std::string> const& arguments, lines& said,
                                              std::map<std::string, std::string> environment) {
  detail::child_options options;
  options.command = std::move(command);
  options.command.insert(options.command.end(), {address_, "--nthreads", "1", "--host", "127.0.0.1"});
  options.command.insert(options.command.end(), arguments.begin(), arguments.end());
  options.environment = std::move(environment);
  options.on_output = said.collector();
  return *workers_.emplace_back(std::make_unique<detail::child_process>(std::move(options)));
}

detail::child_process& process_cluster::add_worker(std::string const& name, std::string const& program) {
  return start_worker(
      name, {program, "--worker", address_, "--name", name, "--nthreads", "1", "--host", "127.0.0.1", "--no-nanny"});
}

detail::child_process& process_cluster::add_troupe_worker(std::string const& name, std::string const& library) {
  return start_worker(name, {TEST_TROUPE, "worker", address_, "--name", name, "--nthreads", "1", "--host", "127.0.0.1",
                             "--no-nanny", "--load", library});
}

detail::child_process& process_cluster::start_worker(std::string const& name, std::vector<std::string> command) {
  detail::child_options options;
  options.command = std::move(command);
  workers_.push_back(std::make_unique<detail::child_process>(std::move(options)));
  // Not for a number of them: those that were lost leave when they are missed.
  auto c = connect();
  auto is_it = [&](worker_info const& w) { return w.name == name; };
  for (bool joined = false; !joined; std::this_thread::yield()) {
    if (auto cause = workers_.back()->ended())
      throw error(name + " ended before it joined: " + to_string(*cause) +
                  " (with AddressSanitizer a library of tasks needs detect_odr_violation=0)");
    auto known = c.cluster_info().get().workers;
    joined = std::any_of(known.begin(), known.end(), is_it);
  }
  return *workers_.back();
}

troupe::client process_cluster::connect() {
  return detail::connect_to(*runtimes_.emplace_back(std::make_unique<runtime>()), address_, "test");
}

void process_cluster::wait_for_workers(std::size_t count) {
  auto c = connect();
  while (c.cluster_info().get().workers.size() != count) std::this_thread::yield();
}

}  // namespace troupe::test
