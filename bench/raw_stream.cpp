#include "raw_stream.hpp"
#include "measure.hpp"
#include "roles.hpp"
#include "sample_values.hpp"

#include <troupe/net/buffer.hpp>

#include <unistd.h>

#include <cstdint>
#include <cstdio>

namespace troupe::bench {

/// Told a number, it makes that many bytes; told 0, it sends them.
int play_source() {
  tcp_listener listener;
  std::printf("%u\n", unsigned(listener.port()));
  std::fflush(stdout);
  auto sink = listener.accept();
  buffer made;
  std::uint64_t size = 0;
  while (receive_all(sink.get(), &size, sizeof size)) {
    if (size > 0) {
      made = {};
      made = make_buffer(size, 1);
      if (!send_all(sink.get(), &size, sizeof size)) break;
    } else if (!send_all(sink.get(), made.data(), made.size())) {
      break;
    }
  }
  return 0;
}

raw_stream::raw_stream() : source_(this_program_as({"--play-source"})) {
  socket_ = connect_tcp(static_cast<std::uint16_t>(std::stoul(source_.read_line())));
}

void raw_stream::make(std::size_t bytes) {
  std::uint64_t size = bytes;
  require(send_all(socket_.get(), &size, sizeof size) && receive_all(socket_.get(), &size, sizeof size), "source");
}

void raw_stream::receive(std::span<std::byte> into) {
  std::uint64_t now = 0;
  require(send_all(socket_.get(), &now, sizeof now) && receive_all(socket_.get(), into.data(), into.size()), "source");
}

process_meter raw_stream::costs() const { return process_meter({{"sink", ::getpid()}, {"source", source_.pid()}}); }

}  // namespace troupe::bench
