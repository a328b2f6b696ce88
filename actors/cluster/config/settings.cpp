#include <troupe/actors/cluster/config/settings.hpp>
#include <troupe/actors/cluster/config/values.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <vector>

namespace troupe::detail {
namespace {

using kind = setting_kind;

constexpr std::array settings{
    setting{"scheduler-address", kind::address, "", "the scheduler that workers and troupe status go to"},

    setting{"compression", kind::compression, "auto",
            "of what goes to other machines: auto (where a slow link makes it pay), lz4, zstd or none"},

    setting{"scheduler.host", kind::text, "", "the host or IP to listen on; empty for all"},
    setting{"scheduler.port", kind::ports, "8786", "the port to listen on, or a range A:B; 0 for a free one"},
    setting{"scheduler.interface", kind::text, "", "the network interface to listen on, such as eth0"},
    setting{"scheduler.contact-address", kind::text, "", "where others reach it, if not where it listens"},
    setting{"scheduler.scheduler-file", kind::text, "", "a file that gets the scheduler's address"},
    setting{"scheduler.allowed-failures", kind::count, "3",
            "workers that may be lost while they run a task before the task fails"},
    setting{"scheduler.preload", kind::list, "", "libraries of functions to load before starting"},

    setting{"worker.host", kind::text, "", "the host or IP to listen on; empty for all"},
    setting{"worker.interface", kind::text, "", "the network interface to listen on, such as eth0"},
    setting{"worker.port", kind::ports, "0", "the port to listen on, or a range A:B; 0 for a free one"},
    setting{"worker.contact-address", kind::text, "", "where others reach it, if not where it listens"},
    setting{"worker.nworkers", kind::worker_count, "1", "worker processes; auto for what suits the machine"},
    setting{"worker.nthreads", kind::count, "0",
            "threads of each worker; 0: the processors, divided among the workers"},
    setting{"worker.memory-limit", kind::memory_limit, "auto",
            "of each worker: 4GB, 0.5 (of the machine), auto (by its share of the processors), 0 for none"},
    setting{"worker.name", kind::text, "", "name of the worker, with -0, -1, … where there are several"},
    setting{"worker.resources", kind::amounts, "", "what tasks may ask for, such as GPU: 2"},
    setting{"worker.local-directory", kind::text, "", "where files are put; empty for the system's temporary folder"},
    setting{"worker.scheduler-file", kind::text, "", "a file with the scheduler's address"},
    setting{"worker.preload", kind::list, "", "libraries of tasks to load before starting"},
    setting{"worker.nanny", kind::flag, "true", "whether a process of its own supervises each worker"},
    setting{"worker.death-timeout", kind::duration, "60s", "time without a scheduler after which a worker gives up"},
    setting{"worker.lifetime.duration", kind::optional_duration, "", "time after which a worker closes"},
    setting{"worker.lifetime.stagger", kind::duration, "0s",
            "the lifetime is longer or shorter by up to this, at random"},
    setting{"worker.lifetime.restart", kind::flag, "false", "whether the nanny starts it again then"},
    setting{"worker.memory.terminate", kind::fraction, "0.95",
            "share of the memory limit at which the nanny ends a worker; 0 for never"},

    setting{"worker.memory.target", kind::fraction, "0.6",
            "share of the memory limit that values may take before the longest unused go to files; 0 for never"},
    setting{"worker.memory.spill", kind::fraction, "0.7",
            "share of the memory limit that the process may take before they do, whatever values take; 0 for never"},
    setting{"worker.memory.pause", kind::fraction, "0.8",
            "share of the memory limit beyond which the process begins nothing new; 0 for never"},
    setting{"worker.memory.transfer", kind::fraction, "0.1",
            "share of the memory limit that values on their way to the worker take at most, or one value"},
    setting{"worker.transfer.message-bytes-limit", kind::size, "50MB",
            "bytes asked of one worker at once, or one value"},
    setting{"worker.connections.outgoing", kind::count, "50", "requests for values of other workers at the same time"},
    setting{"worker.connections.links", kind::count, "512",
            "links to other workers that stay open, up to two to each; the least recently used are closed"},

    setting{"nanny.monitor-interval", kind::duration, "100ms", "how often memory is measured"},
    setting{"nanny.close-timeout", kind::duration, "30s", "time to close in order before a worker is killed"},
    setting{"nanny.backoff", kind::duration, "500ms",
            "the first wait before another restart; doubles from one to the next"},
    setting{"nanny.backoff-limit", kind::duration, "60s", "the longest wait before a restart"},
    setting{"nanny.steady-after", kind::duration, "10s", "a worker that lived this long is restarted at once"},
    setting{"nanny.attempts", kind::count, "7", "starts that may fail in a row before the nanny gives up; 0 for any"},
    setting{"nanny.environ", kind::texts, "MKL_NUM_THREADS=1,OMP_NUM_THREADS=1,OPENBLAS_NUM_THREADS=1",
            "environment of the workers, but for what is set already"},

    setting{"status.timeout", kind::duration, "10s", "time for a scheduler to answer troupe status"},
};

void check_memory_limit(std::string_view text) {
  if (lower_case(trimmed(text)) != "auto") static_cast<void>(parse_size(text));
}

void check_worker_count(std::string_view text) {
  auto word = trimmed(text);
  if (lower_case(word) == "auto") return;
  int value = 0;
  auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (problem != std::errc() || end != word.data() + word.size() || value == 0)
    throw bad_value("takes a number of workers or auto, not '" + std::string(text) + "'");
}

/// Levenshtein's distance.
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      auto replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::span<setting const> all_settings() noexcept { return settings; }

std::string canonical(std::string_view key) {
  auto result = lower_case(key);
  std::replace(result.begin(), result.end(), '_', '-');
  return result;
}

setting const* find_setting(std::string_view key) {
  auto wanted = canonical(key);
  for (auto const& s : settings) {
    if (wanted == s.key) return &s;
    if (s.is_table() && wanted.size() > s.key.size() + 1 && wanted.starts_with(s.key) && wanted[s.key.size()] == '.')
      return &s;
  }
  return nullptr;
}

bool is_section(std::string_view key) {
  auto begin = canonical(key) + '.';
  return std::any_of(settings.begin(), settings.end(), [&](setting const& s) { return s.key.starts_with(begin); });
}

void check_setting(setting const& s, std::string_view text) {
  switch (s.kind) {
    case kind::text:
    case kind::list:
    case kind::texts:
      return;
    case kind::flag:
      static_cast<void>(parse_flag(text));
      return;
    case kind::count:
      static_cast<void>(parse_count(text));
      return;
    case kind::worker_count:
      check_worker_count(text);
      return;
    case kind::ports:
      static_cast<void>(parse_ports(text));
      return;
    case kind::address:
      if (!text.empty()) static_cast<void>(parse_address(text));
      return;
    case kind::optional_duration:
      if (text.empty()) return;
      [[fallthrough]];
    case kind::duration:
      static_cast<void>(parse_duration(text));
      return;
    case kind::memory_limit:
      check_memory_limit(text);
      return;
    case kind::compression:
      if (text != "auto" && text != "lz4" && text != "zstd" && text != "none")
        throw bad_value("takes auto, lz4, zstd or none, not '" + std::string(text) + "'");
      return;
    case kind::size:
      static_cast<void>(parse_size(text));
      return;
    case kind::fraction:
      static_cast<void>(parse_fraction(text));
      return;
    case kind::amounts:
      static_cast<void>(parse_amount(text));
      return;
  }
}

std::string_view nearest(std::string_view word, std::span<std::string_view const> candidates) {
  std::string_view best;
  auto fewest = word.size() / 3 + 2;  // more edits than that and it is another word
  for (auto candidate : candidates)
    if (auto needed = edits(word, candidate); needed < fewest) fewest = needed, best = candidate;
  return best;
}

std::string_view nearest_key(std::string_view key) {
  std::vector<std::string_view> keys;
  for (auto const& s : settings) keys.push_back(s.key);
  auto wanted = canonical(key);
  if (auto like = nearest(wanted, keys); !like.empty()) return like;
  // The right name in the wrong section.
  auto last = wanted.substr(wanted.rfind('.') + 1);
  for (auto k : keys)
    if (k.substr(k.rfind('.') + 1) == last) return k;
  return {};
}

}  // namespace troupe::detail
