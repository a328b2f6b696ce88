#pragma once

#include <troupe/actors/client/client.hpp>
#include <troupe/actors/client/cluster_info.hpp>
#include <troupe/actors/cluster/cluster_options.hpp>

#include <memory>
#include <string>

namespace troupe::test {

/// A cluster whose parts are in this process, each in a runtime of its own, joined by links over TCP.
class linked_cluster {
 public:
  /// Who reaches workers directly; where nobody does, the scheduler passes values and calls on.
  enum class meet : bool { nobody, all };
  explicit linked_cluster(cluster_options const& options, meet who = meet::all);
  ~linked_cluster();
  linked_cluster(linked_cluster const&) = delete;
  linked_cluster& operator=(linked_cluster const&) = delete;

  /// In a runtime of its own.
  [[nodiscard]] client connect(std::string const& name);
  [[nodiscard]] std::string const& address() const noexcept;
  void close();

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace troupe::test
