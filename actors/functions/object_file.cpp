#include <troupe/actors/functions/internal/object_file.hpp>
#include <troupe/net/codec/schema.hpp>

#include <fmt/format.h>
#include <link.h>

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <span>
#include <string_view>
#include <system_error>

namespace troupe::detail {
namespace {

struct loaded_file {
  std::uintptr_t base = 0;
  std::string name;
  std::span<std::byte const> code;
  std::span<std::byte const> build_id;
};

constexpr std::size_t padded(std::size_t size) { return (size + 3) / 4 * 4; }

/// The id among the notes of a segment; empty where there is none.
std::span<std::byte const> find_build_id(std::span<std::byte const> notes) {
  constexpr std::string_view owner("GNU\0", 4);
  ElfW(Nhdr) note;
  while (notes.size() >= sizeof note) {
    std::memcpy(&note, notes.data(), sizeof note);
    std::size_t const name = sizeof note, content = name + padded(note.n_namesz);
    if (content + note.n_descsz > notes.size()) break;
    std::string_view const who(reinterpret_cast<char const*>(notes.data()) + name, note.n_namesz);
    if (note.n_type == NT_GNU_BUILD_ID && who == owner) return notes.subspan(content, note.n_descsz);
    notes = notes.subspan(std::min(content + padded(note.n_descsz), notes.size()));
  }
  return {};
}

struct search {
  std::uintptr_t address;
  loaded_file found;
};

int look_at(dl_phdr_info* info, std::size_t /*size*/, void* argument) {
  auto& wanted = *static_cast<search*>(argument);
  loaded_file file{info->dlpi_addr, info->dlpi_name, {}, {}};
  for (auto const& header : std::span(info->dlpi_phdr, info->dlpi_phnum)) {
    // The loader gives numbers. NOLINTNEXTLINE(performance-no-int-to-ptr)
    auto const* memory = reinterpret_cast<std::byte const*>(info->dlpi_addr + header.p_vaddr);
    std::span<std::byte const> const segment(memory, header.p_memsz);
    auto const begin = reinterpret_cast<std::uintptr_t>(segment.data());
    if (header.p_type == PT_LOAD && wanted.address >= begin && wanted.address - begin < segment.size())
      file.code = segment;
    if (header.p_type == PT_NOTE && file.build_id.empty()) file.build_id = find_build_id(segment);
  }
  if (file.code.empty()) return 0;
  wanted.found = file;
  return 1;
}

std::string hexadecimal(std::span<std::byte const> bytes) {
  std::string text;
  for (auto b : bytes) text += fmt::format("{:02x}", static_cast<unsigned>(b));
  return text;
}

/// Made once per file: hashing code takes long.
std::string build_of(loaded_file const& file) {
  if (!file.build_id.empty()) return hexadecimal(file.build_id);
  static std::mutex mutex;
  static std::map<std::uintptr_t, std::string> known;
  std::lock_guard lock(mutex);
  auto& build = known[file.base];
  if (build.empty())
    build =
        fmt::format("code-{:016x}", hash_schema({reinterpret_cast<char const*>(file.code.data()), file.code.size()}));
  return build;
}

}  // namespace

code_place place_of(void const* code) {
  search wanted{reinterpret_cast<std::uintptr_t>(code), {}};
  if (dl_iterate_phdr(&look_at, &wanted) == 0) return {};
  code_place place{wanted.found.name, build_of(wanted.found), wanted.address - wanted.found.base};
  if (place.file.empty()) {
    std::error_code ignored;
    place.file = std::filesystem::read_symlink("/proc/self/exe", ignored).string();
  }
  return place;
}

}  // namespace troupe::detail
