#include <troupe/futures/frame_pool.hpp>
#include <troupe/net/codec/encoder.hpp>
#include <troupe/net/codec/error.hpp>

#include <cstdlib>
#include <limits>
#include <new>
#include <string>
#include <utility>

namespace troupe {
namespace {

/// What is not worth memory of its own.
constexpr std::size_t largest_small = 480;

template <std::size_t Size>
struct small_memory {
  std::byte bytes[Size];
};

template <std::size_t Size>
buffer pooled_copy(std::span<std::byte const> bytes) {
  using memory = small_memory<Size>;
  auto copy = std::allocate_shared_for_overwrite<memory>(detail::frame_allocator<memory>());
  std::memcpy(copy->bytes, bytes.data(), bytes.size());
  std::span<std::byte const> there(copy->bytes, bytes.size());
  return {std::move(copy), there};
}

buffer small_copy(std::span<std::byte const> bytes) {
  if (bytes.size() <= 40) return pooled_copy<40>(bytes);
  if (bytes.size() <= 160) return pooled_copy<160>(bytes);
  return pooled_copy<largest_small>(bytes);
}

}  // namespace

encoder::encoder(std::size_t capacity) {
  if (capacity != 0) grow(capacity);
}

encoder::encoder(encoder&& other) noexcept
    : begin_(std::exchange(other.begin_, nullptr)),
      end_(std::exchange(other.end_, nullptr)),
      limit_(std::exchange(other.limit_, nullptr)),
      depth_(std::exchange(other.depth_, 0)),
      sharing_(std::exchange(other.sharing_, sharing::off)),
      counted_owner_(std::exchange(other.counted_owner_, nullptr)),
      owner_(std::move(other.owner_)),
      attachments_(std::move(other.attachments_)),
      referred_(std::move(other.referred_)) {}

encoder& encoder::operator=(encoder&& other) noexcept {
  std::swap(begin_, other.begin_);
  std::swap(end_, other.end_);
  std::swap(limit_, other.limit_);
  std::swap(depth_, other.depth_);
  std::swap(sharing_, other.sharing_);
  std::swap(counted_owner_, other.counted_owner_);
  std::swap(owner_, other.owner_);
  std::swap(attachments_, other.attachments_);
  std::swap(referred_, other.referred_);
  return *this;
}

encoder::~encoder() { std::free(begin_); }

void encoder::grow(std::size_t more) {
  constexpr std::size_t smallest = 128;
  std::size_t const used = this->used();
  if (more > std::numeric_limits<std::size_t>::max() / 4 - used) throw std::bad_alloc();
  std::size_t capacity = static_cast<std::size_t>(limit_ - begin_);
  capacity = capacity + capacity / 2 < smallest ? smallest : capacity + capacity / 2;
  if (capacity < used + more) capacity = used + more;
  void* memory = std::realloc(begin_, capacity);
  if (!memory) throw std::bad_alloc();
  begin_ = static_cast<std::byte*>(memory);
  end_ = begin_ + used;
  limit_ = begin_ + capacity;
}

void encoder::clear() noexcept {
  end_ = begin_;
  depth_ = 0;
  share(nullptr);
  attachments_.clear();
  referred_ = nullptr;
}

void encoder::share(std::shared_ptr<void const> owner) noexcept {
  sharing_ = owner ? sharing::on : sharing::off;
  owner_ = std::move(owner);
  counted_owner_ = nullptr;
}

void encoder::share_counted(detail::ref_counted const& owner) noexcept {
  sharing_ = sharing::on;
  owner_ = nullptr;
  counted_owner_ = &owner;
}

std::shared_ptr<void const> encoder::owner() const {
  if (sharing_ == sharing::off) return nullptr;
  if (!owner_ && counted_owner_) {
    counted_owner_->add_ref();
    auto release = [](void const* object) { static_cast<detail::ref_counted const*>(object)->release(); };
    owner_ = std::shared_ptr<void const>(static_cast<void const*>(counted_owner_), release,
                                         detail::frame_allocator<std::byte>());
  }
  return owner_;
}

bool encoder::attach_shared(detail::attachment_tag tag, std::span<std::byte const> bytes) {
  if (bytes.size() >= attachment_threshold) {
    put_attachment(tag, buffer(owner(), bytes));
    return true;
  }
  if (!referred_) return false;
  if (tag == detail::attachment_tag::text)
    write_string_header(bytes.size());
  else if (tag == detail::attachment_tag::bytes)
    write_binary_header(bytes.size());
  else
    write_extension_header(static_cast<std::int8_t>(detail::run_of(tag)), bytes.size());
  refer_to(buffer(owner(), bytes));
  return true;
}

void encoder::attach(buffer const& bytes) {
  if (bytes.size() >= attachment_threshold) return put_attachment(detail::attachment_tag::bytes, bytes);
  if (!refers_to(bytes.size())) return write_binary(bytes.bytes());
  write_binary_header(bytes.size());
  refer_to(bytes);
}

void encoder::refer_to_runs() {
  if (!referred_) referred_ = std::make_unique<references>();
}

void encoder::refer_to(buffer bytes) {
  referred_->bytes += bytes.size();
  referred_->list.push_back({used(), std::move(bytes)});
}

void encoder::put_attachment(detail::attachment_tag tag, buffer bytes) {
  auto const size = detail::byteswap(static_cast<std::uint64_t>(bytes.size()));
  attachments_.push_back(std::move(bytes));
  write_extension(static_cast<std::int8_t>(tag), std::as_bytes(std::span(&size, 1)));
}

void encoder::write_encoded(packet const& items) {
  attachments_.insert(attachments_.end(), items.attachments.begin(), items.attachments.end());
  if (refers_to(items.head.size()))
    refer_to(items.head);
  else
    put(items.head.data(), items.head.size());
}

packet encoder::take_packet() {
  packet taken;
  std::size_t const used = this->used();
  if (begin_ && used <= largest_small) {
    taken.head = small_copy({begin_, used});
    end_ = begin_;
  } else if (begin_) {
    end_ = limit_ = nullptr;
    std::byte* const begin = std::exchange(begin_, nullptr);
    taken.head = buffer(std::shared_ptr<void>(begin, std::free), {begin, used});
  }
  taken.attachments = std::exchange(attachments_, {});
  return taken;
}

encoder::pieces encoder::take_pieces() {
  auto [own, attachments] = take_packet();
  pieces taken{{}, std::move(attachments)};
  std::size_t given = 0;
  auto give_own = [&](std::size_t end) {
    if (end > given) taken.head.push_back(own.part(given, end - given));
    given = end;
  };
  if (referred_) {
    for (auto& run : std::exchange(*referred_, {}).list) {
      give_own(run.at);
      taken.head.push_back(std::move(run.bytes));
    }
  }
  give_own(own.size());
  return taken;
}

void encoder::throw_too_deep() {
  throw codec_error("a value nests structs deeper than " + std::to_string(max_depth) + " levels");
}

void encoder::write_negative(std::int64_t value) {
  if (value >= std::numeric_limits<std::int8_t>::min())
    put_tagged(0xd0, static_cast<std::uint8_t>(value));
  else if (value >= std::numeric_limits<std::int16_t>::min())
    put_tagged(0xd1, static_cast<std::uint16_t>(value));
  else if (value >= std::numeric_limits<std::int32_t>::min())
    put_tagged(0xd2, static_cast<std::uint32_t>(value));
  else
    put_tagged(0xd3, static_cast<std::uint64_t>(value));
}

void encoder::write_large(std::uint64_t value) {
  if (value <= 0xff)
    put_tagged(0xcc, static_cast<std::uint8_t>(value));
  else if (value <= 0xffff)
    put_tagged(0xcd, static_cast<std::uint16_t>(value));
  else if (value <= 0xffffffff)
    put_tagged(0xce, static_cast<std::uint32_t>(value));
  else
    put_tagged(0xcf, value);
}

// A tag of 0 says that the format has no such form.
void encoder::put_size(unsigned char tag8, unsigned char tag16, unsigned char tag32, std::size_t size) {
  if (tag8 != 0 && size <= 0xff)
    put_tagged(tag8, static_cast<std::uint8_t>(size));
  else if (size <= 0xffff)
    put_tagged(tag16, static_cast<std::uint16_t>(size));
  else if (size <= 0xffffffff)
    put_tagged(tag32, static_cast<std::uint32_t>(size));
  else
    throw codec_error("an item of " + std::to_string(size) +
                      " elements is larger than one message may hold (4294967295)");
}

void encoder::write_string_header(std::size_t size) { put_size(0xd9, 0xda, 0xdb, size); }
void encoder::write_array_header(std::size_t count) { put_size(0, 0xdc, 0xdd, count); }
void encoder::write_map_header(std::size_t count) { put_size(0, 0xde, 0xdf, count); }

void encoder::write_binary_header(std::size_t size) { put_size(0xc4, 0xc5, 0xc6, size); }

void encoder::write_binary(std::span<std::byte const> bytes) {
  write_binary_header(bytes.size());
  put(bytes.data(), bytes.size());
}

void encoder::write_extension_header(std::int8_t tag, std::size_t size) {
  switch (size) {
    case 1:
      put_byte(0xd4);
      break;
    case 2:
      put_byte(0xd5);
      break;
    case 4:
      put_byte(0xd6);
      break;
    case 8:
      put_byte(0xd7);
      break;
    case 16:
      put_byte(0xd8);
      break;
    default:
      put_size(0xc7, 0xc8, 0xc9, size);
  }
  put_byte(static_cast<unsigned char>(tag));
}

void encoder::write_extension(std::int8_t tag, std::span<std::byte const> bytes) {
  write_extension_header(tag, bytes.size());
  put(bytes.data(), bytes.size());
}

}  // namespace troupe
