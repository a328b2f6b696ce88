#include <troupe/actors/worker/internal/spilled_value.hpp>
#include <troupe/net/codec/encoder.hpp>

namespace troupe::detail {

std::type_info const& spilled_value::type() const noexcept {
  auto const* known = type_.load(std::memory_order_acquire);
  return known ? *known : typeid(spilled_value);
}

packet spilled_value::pack() const {
  {
    std::scoped_lock lock(mutex_);
    if (box_) return box_->pack();
    if (bytes_) return *bytes_;
  }
  return file_->read();
}

void spilled_value::encode(encoder& out) const { out.write_encoded(pack()); }

void spilled_value::bring() const {
  std::scoped_lock lock(mutex_);
  if (!box_ && !bytes_) bytes_ = file_->read();
}

void spilled_value::decode_as(std::type_info const& type, unpack_function unpack) const {
  std::scoped_lock lock(mutex_);
  if (!box_) {
    box_ = unpack(bytes_ ? *bytes_ : file_->read());
    bytes_.reset();
    set_data(box_->data());
    type_.store(&box_->type(), std::memory_order_release);
  }
  if (box_->type() != type) throw_wrong_type(type, box_->type());
}

}  // namespace troupe::detail
