#pragma once

#include "child.hpp"
#include "process_costs.hpp"

#include <cstddef>
#include <span>
#include <string>

namespace troupe::bench {

/// The limit of moving data between processes: a process that, asked, writes memory that it has just filled to a
/// socket, all in one call where the kernel lets it.
class raw_stream {
 public:
  raw_stream();

  /// Has the source fill that much new memory with what make_values gives.
  void make(std::size_t bytes);
  /// Asks for it and reads it.
  void receive(std::span<std::byte> into);
  /// Of this process and the source.
  [[nodiscard]] process_meter costs() const;

 private:
  child source_;
  descriptor socket_;
};

}  // namespace troupe::bench
