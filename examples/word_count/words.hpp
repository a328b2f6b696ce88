#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

/// A stretch of a file, in bytes. A word belongs to the part in which the run of non-blank bytes begins that holds it,
/// so parts that meet count every word once and cut none.
struct file_part {
  std::string path;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

using word_table = std::unordered_map<std::string, std::uint64_t>;

struct word_count {
  std::uint64_t count = 0;
  std::string word;
};

/// A word is a run of letters; an apostrophe between two letters belongs to it. Letters are those of ASCII, counted in
/// lower case, and in UTF-8 all code points from U+00C0 on but signs, symbols and punctuation. Bytes that are not UTF-8
/// separate words.
void count_words(std::string_view text, word_table& into);

/// Throws std::system_error, whose text begins with the path, when the file cannot be read.
[[nodiscard]] word_table count_part(file_part const& part);

/// Parts of about equal size, none larger than `largest`; none for an empty file.
[[nodiscard]] std::vector<file_part> split(std::string const& path, std::uint64_t size, std::uint64_t largest);

/// At most `most`, the most frequent first, equals in the order of their bytes.
[[nodiscard]] std::vector<word_count> most_frequent(word_table const& words, std::size_t most);
