#include "../net/link/raw_peer.hpp"
#include "../net/link/world.hpp"

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// A server meets a peer that says what it likes: whole frames of any kind, parts of them, rubbish; that goes and comes
// back, while the server sends and closes. Whatever it was: the server is told of the end once, and nothing is left.

namespace {

using namespace troupe::test;
using namespace std::chrono_literals;
namespace detail = troupe::detail;

class input {
 public:
  input(std::uint8_t const* data, std::size_t size) : data_(data), size_(size) {}
  [[nodiscard]] bool empty() const { return size_ == 0; }
  std::uint8_t byte() {
    if (size_ == 0) return 0;
    --size_;
    return *data_++;
  }
  std::string bytes() {
    std::size_t count = std::min<std::size_t>(byte(), size_);
    std::string taken(reinterpret_cast<char const*>(data_), count);
    data_ += count;
    size_ -= count;
    return taken;
  }

 private:
  std::uint8_t const* data_;
  std::size_t size_;
};

class meeting {
 public:
  explicit meeting(std::uint8_t kind) : w_({}, options()) {
    faults_.seed = kind / 2;
    w_.listens = detail::make_intrusive<detail::acceptor>(w_.context, w_.listener, w_.options, detail::admission(),
                                                          [this](detail::link_ptr l) {
                                                            w_.server = std::move(l);
                                                            w_.server->set_handler(&w_.at_server);
                                                            ++links_;
                                                          });
    come();
    if (kind % 2) says(greeting_bytes(hello_of("stranger", 3)));
  }

  void step(input& in) {
    switch (in.byte() % 10) {
      case 0:
        return says(in.bytes());
      case 1:
        return says(message_bytes(++sequence_, in.bytes()));
      case 2: {
        std::vector<std::uint64_t> sizes;
        for (int n = in.byte() % 4; n > 0; --n) sizes.push_back(std::uint64_t{in.byte()} << (in.byte() % 16));
        std::string all = message_bytes(++sequence_, in.bytes(), sizes);
        for (auto s : sizes) all.append(s, 'a');
        return says(all.substr(0, all.size() - in.byte() % 3));
      }
      case 3:
        return says(control_bytes(static_cast<std::uint16_t>(0x8000 + in.byte() % 8), in.bytes()));
      case 4: {
        detail::frame_header h;
        h.type = detail::accepted_frame;
        h.accepted = in.byte();
        return says(frame_bytes(h));
      }
      case 5:
        return w_.pass(std::chrono::milliseconds(in.byte() * 20));
      case 6:
        come();
        return says(greeting_bytes(hello_of("stranger", 3), 77, in.byte() % 3));
      case 7:
        return says(message_bytes(in.byte(), in.bytes()));
      case 8:
        if (w_.server) w_.server->send(5, bytes_of(in.bytes()), {troupe::buffer(std::size_t{in.byte()} * 100)});
        return w_.pass(0ms);
      default:
        if (in.byte() % 8 == 0 && w_.server) w_.server->close("enough");
        return w_.pass(0ms);
    }
  }

  void end() {
    for (auto& p : peers_) p->hang_up();
    w_.pass(100s);
    if (w_.context.residents() != 0) std::abort();
    if (links_ == 1 && w_.at_server.downs != 1) std::abort();
    if (w_.at_server.downs > links_) std::abort();
  }

 private:
  static detail::link_options options() {
    detail::link_options o;
    o.message_limit = 1 << 20;
    return o;
  }
  void come() {
    wires_.push_back(std::make_unique<fault_wire>(w_.runs, faults_));
    peers_.push_back(std::make_unique<raw_peer>(wires_.back()->opener()));
    w_.listens->take(wires_.back()->accepter());
    w_.runs.run();
  }
  void says(std::string const& bytes) {
    peers_.back()->say(bytes);
    w_.runs.run();
  }

  world w_;
  faults faults_;
  std::vector<std::unique_ptr<fault_wire>> wires_;
  std::vector<std::unique_ptr<raw_peer>> peers_;
  std::uint64_t sequence_ = 0;
  int links_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  input in(data, size);
  meeting m(in.byte());
  while (!in.empty()) m.step(in);
  m.end();
  return 0;
}
