#pragma once

#include "stage.hpp"

#include <atomic>

namespace troupe::test {

/// An actor that counts those of its kind that live.
class extra {
 public:
  extra(pointer_to<std::atomic<int>> alive, int number) : alive_(*alive), number_(number) { ++*alive_; }
  extra(extra const&) = delete;
  extra& operator=(extra const&) = delete;
  ~extra() { --*alive_; }
  int number() const noexcept { return number_; }

 private:
  std::atomic<int>* alive_;
  int number_;
};

}  // namespace troupe::test
