#include <troupe/futures/errors.hpp>
#include <troupe/net/codec/schema.hpp>

namespace troupe::detail {

void schema_writer::add_type_name(std::type_info const& type) { text_ += readable_type_name(type.name()); }

bool schema_writer::open(std::type_info const& type) {
  for (std::size_t i = open_.size(); i > 0; --i) {
    if (*open_[i - 1] == type) {
      text_ += '^';
      text_ += std::to_string(open_.size() - i);
      return false;
    }
  }
  open_.push_back(&type);
  return true;
}

// FNV-1a, then the finaliser of MurmurHash3, so that short schemas fill all bits.
std::uint64_t hash_schema(std::string_view schema) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (char c : schema) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccd;
  hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53;
  return hash ^ hash >> 33;
}

}  // namespace troupe::detail
