#include "words.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace {

constexpr std::size_t read_on = 4096;

bool blank(char c) noexcept { return static_cast<unsigned char>(c) <= ' '; }

bool ascii_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool letter(char32_t c) noexcept {
  bool sign = c == U'×' || c == U'÷' || (c >= 0x2000 && c < 0x2c00) || (c >= 0x3000 && c < 0x3040);
  bool no_character = (c >= 0xd800 && c < 0xf900) || (c >= 0xfff0 && c < 0x10000);
  return c >= 0xc0 && !sign && !no_character;
}

struct code_point {
  char32_t value = 0;
  std::size_t bytes = 1;
};

/// What stands at the beginning of `text`, whose first byte is not ASCII; 0 where that is no UTF-8.
code_point decode(std::string_view text) noexcept {
  auto lead = static_cast<unsigned char>(text.front());
  std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {};
  char32_t value = lead & (0x7f >> bytes);
  for (char next : text.substr(1, bytes - 1)) {
    auto byte = static_cast<unsigned char>(next);
    if ((byte & 0xc0) != 0x80) return {};
    value = value << 6 | (byte & 0x3f);
  }
  return {value, bytes};
}

/// A file open for reading. Never waits for a writer, should a pipe have taken the file's place.
class input_file {
 public:
  explicit input_file(std::string const& path)
      : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (descriptor_ < 0) fail();
  }
  input_file(input_file const&) = delete;
  input_file& operator=(input_file const&) = delete;
  ~input_file() { ::close(descriptor_); }

  /// Fewer bytes than asked for only at the end of the file.
  [[nodiscard]] std::string read(std::uint64_t offset, std::size_t most) const {
    std::string text(most, '\0');
    std::size_t size = 0;
    while (size < most) {
      auto got = ::pread(descriptor_, text.data() + size, most - size, static_cast<off_t>(offset + size));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail();
      if (got == 0) break;
      size += static_cast<std::size_t>(got);
    }
    text.resize(size);
    return text;
  }

 private:
  [[noreturn]] void fail() const { throw std::system_error(errno, std::generic_category(), path_); }

  std::string const& path_;
  int descriptor_;
};

/// The bytes of the runs that begin in the part.
std::string read_part(file_part const& part) {
  input_file file(part.path);
  // The byte before the part tells whether its first run began in the part before.
  auto begin = part.begin == 0 ? 0 : part.begin - 1;
  auto text = file.read(begin, part.end - begin);
  auto position = begin + text.size();
  if (part.begin > 0) text.erase(text.begin(), std::find_if(text.begin(), text.end(), blank));
  while (!text.empty() && !blank(text.back())) {
    auto more = file.read(position, read_on);
    if (more.empty()) break;
    position += more.size();
    text.append(more.begin(), std::find_if(more.begin(), more.end(), blank));
    if (std::any_of(more.begin(), more.end(), blank)) break;
  }
  return text;
}

}  // namespace

void count_words(std::string_view text, word_table& into) {
  std::string word;
  bool apostrophe = false;
  auto add = [&](std::string_view bytes) {
    if (std::exchange(apostrophe, false)) word += '\'';
    word += bytes;
  };
  auto end_word = [&] {
    apostrophe = false;
    if (word.empty()) return;
    ++into[word];
    word.clear();
  };
  while (!text.empty()) {
    char c = text.front();
    std::size_t bytes = 1;
    if (ascii_letter(c)) {
      char lower = static_cast<char>(c | 0x20);
      add({&lower, 1});
    } else if (static_cast<unsigned char>(c) < 0x80) {
      if (c == '\'' && !word.empty() && !apostrophe)
        apostrophe = true;
      else
        end_word();
    } else {
      auto point = decode(text);
      bytes = point.bytes;
      if (letter(point.value))
        add(text.substr(0, bytes));
      else if (point.value == U'’' && !word.empty() && !apostrophe)
        apostrophe = true;
      else
        end_word();
    }
    text.remove_prefix(bytes);
  }
  end_word();
}

word_table count_part(file_part const& part) {
  word_table words;
  count_words(read_part(part), words);
  return words;
}

std::vector<file_part> split(std::string const& path, std::uint64_t size, std::uint64_t largest) {
  std::vector<file_part> parts;
  auto count = (size + largest - 1) / largest;
  for (std::uint64_t i = 0, begin = 0; i < count; ++i) {
    auto end = size / count * (i + 1) + size % count * (i + 1) / count;
    parts.push_back({path, begin, end});
    begin = end;
  }
  return parts;
}

std::vector<word_count> most_frequent(word_table const& words, std::size_t most) {
  std::vector<word_count> all;
  for (auto const& [word, count] : words) all.push_back({count, word});
  auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(most, all.size()));
  std::partial_sort(all.begin(), end, all.end(), [](word_count const& a, word_count const& b) {
    return a.count != b.count ? a.count > b.count : a.word < b.word;
  });
  all.erase(end, all.end());
  return all;
}
