#include <troupe/actors/worker/internal/content_digest.hpp>
#include <troupe/futures/errors.hpp>

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <iterator>

namespace troupe::detail {
namespace {

void require(int done) {
  if (done != 1) throw error("the SHA-256 of this machine's OpenSSL does not work");
}

struct free_context {
  void operator()(EVP_MD_CTX* c) const noexcept { ::EVP_MD_CTX_free(c); }
};

}  // namespace

struct content_digest::context {
  std::unique_ptr<EVP_MD_CTX, free_context> openssl{::EVP_MD_CTX_new()};
};

content_digest::content_digest() : context_(std::make_unique<context>()) {
  require(::EVP_DigestInit_ex(context_->openssl.get(), ::EVP_sha256(), nullptr));
}
content_digest::content_digest(content_digest&&) noexcept = default;
content_digest& content_digest::operator=(content_digest&&) noexcept = default;
content_digest::~content_digest() = default;

void content_digest::add(std::span<std::byte const> bytes) {
  require(::EVP_DigestUpdate(context_->openssl.get(), bytes.data(), bytes.size()));
}

std::string content_digest::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  require(::EVP_DigestFinal_ex(context_->openssl.get(), digest.data(), &size));
  std::string text;
  for (unsigned i = 0; i < size; ++i) fmt::format_to(std::back_inserter(text), "{:02x}", digest[i]);
  return text;
}

}  // namespace troupe::detail
