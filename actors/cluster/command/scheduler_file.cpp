#include <troupe/actors/cluster/command/internal/scheduler_file.hpp>
#include <troupe/actors/cluster/config/values.hpp>
#include <troupe/actors/cluster/process/internal/text_file.hpp>
#include <troupe/futures/errors.hpp>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace troupe::detail {
namespace {

constexpr auto look_again_after = std::chrono::milliseconds(50);

}  // namespace

std::optional<std::string> address_in_scheduler_file(std::string_view text) {
  auto content = trimmed(text);
  if (content.empty()) return std::nullopt;
  if (content.starts_with('{')) {
    if (!content.ends_with('}')) return std::nullopt;
    try {
      // JSON is YAML.
      auto address = YAML::Load(std::string(content))["address"];
      if (!address || !address.IsScalar()) throw error("there is no \"address\" in it");
      return parse_address(address.Scalar());
    } catch (YAML::Exception const& e) {
      throw error(e.what());
    }
  }
  if (!text.ends_with('\n')) return std::nullopt;
  return parse_address(content);
}

std::string read_scheduler_file(std::filesystem::path const& path, duration timeout) {
  auto deadline = time_after(clock::now(), timeout);
  for (;;) {
    auto text = read_text_file(path);
    try {
      if (text)
        if (auto address = address_in_scheduler_file(*text)) return *address;
    } catch (error const& e) {
      throw error(fmt::format("the scheduler file '{}' has no address: {}", path.string(), e.what()));
    }
    auto left = deadline - clock::now();
    if (left <= duration::zero())
      throw error(fmt::format("the scheduler file '{}' did not {} within {}", path.string(),
                              text ? "get an address" : "come", duration_text(timeout)));
    std::this_thread::sleep_for(std::min<duration>(left, look_again_after));
  }
}

}  // namespace troupe::detail
