#pragma once

/// Files on their way from a client to workers: what both tell the scheduler, and the scheduler the workers.

#include <troupe/actors/scheduler/internal/shared_bytes.hpp>
#include <troupe/net/buffer.hpp>
#include <troupe/net/codec/codec.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace troupe::detail {

/// What is sent, written and answered in one step.
inline constexpr std::size_t upload_piece = std::size_t{1} << 20;
/// What a scheduler keeps of all uploads together.
inline constexpr std::uint64_t upload_limit = std::uint64_t{2} << 30;

enum class upload_kind : std::uint8_t { file, library };

struct upload_info {
  /// SHA-256 of the content, in hexadecimal.
  std::string digest;
  /// A file's name, without folders.
  std::string name;
  std::uint64_t size = 0;
  upload_kind kind = upload_kind::file;

  friend bool operator==(upload_info const&, upload_info const&) = default;
};

/// Throws error for a name that would leave its folder or that no file can have, and for a digest that is none.
void check_upload(upload_info const& what);

// ---- queries

/// Answered with the offset from which on the scheduler lacks the content. `sender`: which of its client's uploads.
struct begin_upload {
  upload_info what;
  std::uint64_t sender = 0;
};
/// The next piece.
struct send_upload {
  std::string digest;
  std::uint64_t offset = 0;
  shared_bytes piece;
};
/// Hands it to all workers; waits for one where there is none. Answered, when all have answered, with the names of
/// those that have it, and with what went wrong on the others.
struct finish_upload {
  upload_info what;
  std::uint64_t sender = 0;
};
/// The client sends no more of it: what came is dropped, unless another of its uploads sends the same.
struct give_up_upload {
  std::string digest;
  std::uint64_t sender = 0;
};
/// Workers that join from now on do not get it. Fails for an unknown name.
struct remove_upload {
  std::string name;
};

// ---- scheduler to worker

/// A piece of the content; without one: have it ready for tasks. Answered with an upload_state.
struct give_upload {
  upload_info what;
  std::uint64_t offset = 0;
  shared_bytes piece;
};
struct upload_state {
  /// The worker lacks the content.
  bool missing = false;
  /// Names and types of a library's functions.
  std::vector<std::pair<std::string, std::string>> functions;
};

}  // namespace troupe::detail
