#include <troupe/actors/functions/internal/object_file.hpp>

#include <elf.h>
#include <link.h>

#include <cstddef>
#include <cstring>
#include <fstream>
#include <ios>
#include <optional>
#include <span>
#include <vector>

namespace troupe::detail {
namespace {

/// An ELF file of this machine's kind, read piece by piece. What does not fit gives empty pieces.
class elf_file {
 public:
  explicit elf_file(std::string const& path) : in_(path, std::ios::binary) {
    auto const headers = read<ElfW(Ehdr)>(0, 1);
    if (!headers.empty() && std::memcmp(headers[0].e_ident, ELFMAG, SELFMAG) == 0 &&
        headers[0].e_shentsize == sizeof(ElfW(Shdr)))
      sections_ = read<ElfW(Shdr)>(headers[0].e_shoff, headers[0].e_shnum);
  }

  /// All symbols; of a stripped file those that are for the dynamic linker.
  [[nodiscard]] std::vector<ElfW(Sym)> symbols() {
    for (auto type : {SHT_SYMTAB, SHT_DYNSYM})
      for (auto const& section : sections_)
        if (section.sh_type == static_cast<ElfW(Word)>(type))
          return read<ElfW(Sym)>(section.sh_offset, section.sh_size / sizeof(ElfW(Sym)));
    return {};
  }

 private:
  template <class T>
  std::vector<T> read(std::uint64_t offset, std::uint64_t count) {
    in_.clear();
    in_.seekg(0, std::ios::end);
    auto const end = static_cast<std::uint64_t>(in_.tellg());
    if (!in_ || offset > end || count > (end - offset) / sizeof(T)) return {};
    std::vector<T> result(count);
    in_.seekg(static_cast<std::streamoff>(offset));
    in_.read(reinterpret_cast<char*>(result.data()), static_cast<std::streamsize>(count * sizeof(T)));
    return in_ ? result : std::vector<T>();
  }

  std::ifstream in_;
  std::vector<ElfW(Shdr)> sections_;
};

/// The code of a function that is the only one of its name in its object file; nothing for others.
std::optional<std::span<unsigned char const>> strong_code(void const* code) {
  auto const place = place_of(code);
  for (auto const& symbol : elf_file(place.file).symbols())
    if (symbol.st_value == place.offset && ELF64_ST_TYPE(symbol.st_info) == STT_FUNC &&
        ELF64_ST_BIND(symbol.st_info) == STB_GLOBAL)
      return std::span(static_cast<unsigned char const*>(code), symbol.st_size);
  return std::nullopt;
}

/// Whether the 4 bytes at `at` are the distance to something, as x86-64 calls and addresses memory.
bool is_distance([[maybe_unused]] std::span<unsigned char const> code, [[maybe_unused]] std::size_t at) {
#if defined(__x86_64__)
  unsigned char const before = at > 0 ? code[at - 1] : 0;
  return at + 4 <= code.size() && (before == 0xe8 || before == 0xe9 || (before & 0xc7) == 0x05);
#else
  return true;
#endif
}

bool differ_in_addresses_only(std::span<unsigned char const> a, std::span<unsigned char const> b) {
  if (a.size() != b.size()) return false;
  std::size_t allowed_up_to = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (is_distance(a, i)) allowed_up_to = i + 4;
    if (a[i] != b[i] && i >= allowed_up_to) return false;
  }
  return true;
}

}  // namespace

bool may_be_one_function(void const* a, void const* b) {
  auto const first = strong_code(a), second = strong_code(b);
  return !first || !second || differ_in_addresses_only(*first, *second);
}

}  // namespace troupe::detail
