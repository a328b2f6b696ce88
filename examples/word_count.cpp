// Counts the words of a folder of text on a cluster inside this process: `word_count [DIR]`.
//
// Standard output: the ten most frequent words, `count word` each on a line, then how much was read and how long it
// took. Standard error: progress and complaints. Exit status: 0 when everything was counted; 1 when nothing could be,
// or not all; 2 for a bad command line.

#include "word_count/folder.hpp"
#include "word_count/words.hpp"

#include <troupe/troupe.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

namespace {

constexpr char const* default_folder = "/usr/share/common-licenses";

/// Small enough that every thread gets several parts and the bar moves, large enough that a task is worth its while.
std::vector<file_part> make_parts(folder_listing const& folder, std::size_t threads) {
  constexpr std::uint64_t smallest = 16 << 10, largest = 4 << 20;
  auto size = std::clamp(folder.bytes / (16 * threads), smallest, largest);
  std::vector<file_part> parts;
  for (auto const& file : folder.files) std::ranges::move(split(file.path, file.size, size), std::back_inserter(parts));
  return parts;
}

void describe(folder_listing const& folder, std::string const& path, std::string const& cluster) {
  fmt::print(stderr, "{}: {} files, {:.1f} kB; cluster: {}\n", path, folder.files.size(), double(folder.bytes) / 1e3,
             cluster);
  if (folder.symbolic_links > 0) fmt::print(stderr, "{} symbolic links left out\n", folder.symbolic_links);
  if (folder.special_files > 0) fmt::print(stderr, "{} pipes, sockets or devices left out\n", folder.special_files);
  for (auto const& line : folder.complaints) fmt::print(stderr, "cannot read {}\n", line);
}

std::string what_went_wrong(std::exception_ptr const& error) {
  try {
    std::rethrow_exception(error);
  } catch (troupe::task_error const& failure) {
    return failure.message();
  } catch (std::exception const& failure) {
    return failure.what();
  }
}

troupe::task<int> app(troupe::client client, std::vector<std::string> args) {
  if (args.size() > 1) {
    fmt::print(stderr, "word_count takes one folder, not {}: word_count [DIR]\n", args.size());
    co_return 2;
  }
  auto begin = std::chrono::steady_clock::now();
  auto path = args.empty() ? std::string(default_folder) : args.front();
  auto folder = list_folder(path);
  auto asked = client.cluster_info();
  auto cluster = co_await asked;
  describe(folder, path, to_string(cluster));
  if (folder.files.empty()) {
    fmt::print(stderr, "{}: no files to count\n", path);
    co_return 1;
  }

  auto parts = make_parts(folder, cluster.total_threads());

  word_table words;
  std::set<std::string> unreadable;
  {
    troupe::progress_report so_far;
    so_far.total = parts.size();
    troupe::progress_bar bar;
    bar.show(so_far);
    auto running = troupe::as_completed<word_table>();
    auto next_part = parts.begin();
    // A few parts ahead keep every thread busy; more would only pile up tables that wait to be added.
    auto const in_flight = std::size_t{8} * cluster.total_threads();
    auto submit_more = [&] {
      while (next_part != parts.end() && running.size() < in_flight)
        running.add(client.submit<count_part>(*next_part++));
    };
    submit_more();
    while (auto finished = co_await running.next()) {
      submit_more();
      if (finished->failed()) {
        ++so_far.failed;
        auto complaint = what_went_wrong(finished->error());
        if (unreadable.insert(complaint).second) bar.note("cannot read " + complaint);
      } else {
        ++so_far.finished;
        auto table = co_await std::move(*finished);
        for (auto const& [word, count] : table) words[word] += count;
      }
      bar.show(so_far);
    }
  }

  std::uint64_t total = 0;
  for (auto const& [word, count] : words) total += count;
  for (auto const& [count, word] : most_frequent(words, 10)) fmt::print("{} {}\n", count, word);
  std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  fmt::print("words: {}\nfiles: {}\ntasks run: {}\ntime taken: {:.3f} s\n", total,
             folder.files.size() - unreadable.size(), parts.size(), taken.count());
  if (std::fflush(stdout) != 0) {
    std::perror("word_count: standard output");
    co_return 1;
  }
  co_return unreadable.empty() && folder.complaints.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) { return troupe::run(argc, argv, app); }
