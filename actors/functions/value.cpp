#include <troupe/actors/functions/value.hpp>
#include <troupe/net/codec/error.hpp>

#include <atomic>
#include <mutex>

namespace troupe::detail {
namespace {

class encoded_value final : public value_base {
 public:
  encoded_value(packet bytes, std::uint64_t nbytes) noexcept
      : value_base(nullptr), packet_(std::move(bytes)), nbytes_(nbytes) {}

  [[nodiscard]] std::type_info const& type() const noexcept override {
    auto const* known = type_.load(std::memory_order_acquire);
    return known ? *known : typeid(encoded_value);
  }
  [[nodiscard]] std::size_t nbytes() const override { return nbytes_; }
  [[nodiscard]] packet pack() const override {
    std::lock_guard lock(mutex_);
    return dropped_ ? box_->pack() : packet_;
  }
  void encode(encoder& out) const override { out.write_encoded(pack()); }
  [[nodiscard]] bool encodes_quickly() const noexcept override {
    std::lock_guard lock(mutex_);
    return !dropped_ && packet_.attachments.empty() && packet_.head.size() < large_head;
  }
  void decode_as(std::type_info const& type, unpack_function unpack) const override {
    std::lock_guard lock(mutex_);
    if (!box_) read(type, unpack);
    if (box_->type() != type) throw_wrong_type(type, box_->type());
  }
  [[nodiscard]] bool sole() const noexcept override { return unique() && (!box_ || box_->unique()); }

 private:
  static constexpr std::size_t large_head = 1024;

  void read(std::type_info const& type, unpack_function unpack) const {
    try {
      box_ = unpack(packet_);
    } catch (codec_error const& problem) {
      throw codec_error("a value that came from elsewhere is no " + readable_type_name(type.name()) + ": " +
                        problem.what());
    }
    // Large values would be held twice, and what came together is freed together. They can be packed again.
    if (!packet_.attachments.empty() || packet_.head.size() >= large_head) {
      packet_ = {};
      dropped_ = true;
    }
    set_data(box_->data());
    type_.store(&box_->type(), std::memory_order_release);
  }

  mutable std::mutex mutex_;
  mutable packet packet_;
  mutable bool dropped_ = false;
  mutable value_ptr box_;
  mutable std::atomic<std::type_info const*> type_{nullptr};
  std::uint64_t nbytes_;
};

class unreadable_value final : public value_base {
 public:
  explicit unreadable_value(std::string why) : value_base(nullptr), why_(std::move(why)) {}

  [[nodiscard]] std::string const& why() const noexcept { return why_; }
  [[nodiscard]] std::type_info const& type() const noexcept override { return typeid(unreadable_value); }
  [[nodiscard]] std::size_t nbytes() const override { return 0; }
  void encode(encoder& /*out*/) const override { throw error(why_); }
  void decode_as(std::type_info const& /*type*/, unpack_function /*unpack*/) const override { throw error(why_); }

 private:
  std::string why_;
};

}  // namespace

packet value_base::pack() const {
  encoder out;
  out.share_counted(*this);
  encode(out);
  return out.take_packet();
}

void value_base::decode_as(std::type_info const& type, unpack_function /*unpack*/) const {
  if (this->type() != type) throw_wrong_type(type, this->type());
}

value_ptr make_encoded_value(packet bytes, std::uint64_t nbytes) {
  return value_ptr(new encoded_value(std::move(bytes), nbytes));
}

value_ptr make_unreadable_value(std::string why) { return value_ptr(new unreadable_value(std::move(why))); }

std::string const* why_unreadable(value_base const& value) noexcept {
  auto const* one = dynamic_cast<unreadable_value const*>(&value);
  return one ? &one->why() : nullptr;
}

value_ptr unit_value() {
  static value_ptr const value(new value_box<unit>(std::in_place));
  return value;
}

void throw_wrong_type(std::type_info const& expected, std::type_info const& found) {
  throw error("a value of type " + readable_type_name(found.name()) + " was found where " +
              readable_type_name(expected.name()) + " was expected");
}

void throw_cannot_travel(std::type_info const& type) {
  throw codec_error("a " + readable_type_name(type.name()) + " cannot leave its process");
}

}  // namespace troupe::detail
