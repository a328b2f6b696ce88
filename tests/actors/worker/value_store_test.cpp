#include <troupe/actors/worker/internal/spilled_value.hpp>
#include <troupe/actors/worker/internal/value_store.hpp>
#include <troupe/futures/errors.hpp>
#include <troupe/net/codec/codec.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

namespace {

using namespace troupe;
using namespace troupe::detail;
namespace fs = std::filesystem;

using numbers = std::vector<std::int64_t>;

class folder {
 public:
  folder() {
    std::string pattern = (fs::temp_directory_path() / "troupe-spill-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  folder(folder const&) = delete;
  folder& operator=(folder const&) = delete;
  ~folder() { fs::remove_all(path_); }
  [[nodiscard]] fs::path operator/(std::string const& name) const { return path_ / name; }
  [[nodiscard]] bool empty() const { return fs::is_empty(path_); }

 private:
  fs::path path_;
};

numbers some(std::size_t count) {
  numbers result(count);
  std::iota(result.begin(), result.end(), 7);
  return result;
}

value_ptr boxed(numbers value) { return value_ptr(new value_box<numbers>(std::in_place, std::move(value))); }

task_id id(std::uint32_t index) { return {index, 1}; }

std::shared_ptr<spill_file const> written(fs::path const& path, value_ptr const& value) {
  return std::make_shared<spill_file>(path, value->pack());
}

}  // namespace

TEST_CASE("a value comes back from its file as it went, compressed or not, and the file goes with its last user") {
  folder in;
  // Large runs are attached, small ones are not; counted numbers shrink, random ones do not.
  for (std::size_t count : {std::size_t{0}, std::size_t{10}, std::size_t{5'000}, std::size_t{1'000'000}}) {
    auto value = some(count);
    if (count == 5'000) {
      std::uint64_t x = 1;
      for (auto& v : value) v = static_cast<std::int64_t>(x = x * 6364136223846793005U + 1442695040888963407U);
    }
    value_ptr spilled(new spilled_value(written(in / "a", boxed(value)), count * 8));
    CHECK(fs::exists(in / "a"));
    CHECK(spilled->pack().nbytes() >= count);
    CHECK(spilled->data() == nullptr);
    CHECK(value_cast<numbers>(*spilled) == value);
    CHECK(spilled->sole());
    spilled = nullptr;
    CHECK(in.empty());
  }
}

TEST_CASE("a file that is there already is not written again, and stays") {
  folder in;
  value_ptr first(new spilled_value(written(in / "a", boxed(some(10))), 80));
  CHECK_THROWS_AS(written(in / "a", boxed(some(20))), error);
  CHECK(value_cast<numbers>(*first).size() == 10);
}

TEST_CASE("a spilled value is of one type") {
  folder in;
  value_ptr spilled(new spilled_value(written(in / "a", boxed(some(10))), 80));
  CHECK_THROWS_AS(value_cast<std::string>(*spilled), error);
  CHECK(value_cast<numbers>(*spilled).size() == 10);
  CHECK_THROWS_AS(value_cast<std::string>(*spilled), error);
}

TEST_CASE("a file that cannot be written or read is named, and nothing of it stays") {
  folder in;
  std::ofstream(in / "there") << "x";
  CHECK_THROWS_WITH(written(in / "there", boxed(some(1))), Catch::Contains((in / "there").string()));
  std::ofstream(in / "no-folder") << "x";
  CHECK_THROWS_AS(written(in / "no-folder/value", boxed(some(1))), error);
  auto file = written(in / "cut", boxed(some(100'000)));
  fs::resize_file(in / "cut", 1000);
  CHECK_THROWS_AS(file->read(), error);
  fs::remove(in / "cut");
  CHECK_THROWS_WITH(file->read(), Catch::Contains((in / "cut").string()));
}

TEST_CASE("the store counts bytes in memory and in files, and names what was unused for longest") {
  folder in;
  value_store store;
  for (std::uint32_t i = 0; i < 4; ++i) store.put(id(i), boxed(some(1000)), 8000);
  store.put(id(9), boxed(some(1)), 8);
  CHECK(store.bytes_in_memory() == 32'008);
  auto in_use = store.use(id(1));
  static_cast<void>(store.use(id(0)));
  auto cold = store.coldest(12'000);
  REQUIRE(cold.size() == 2);
  CHECK(cold[0].task == id(2));
  CHECK(cold[1].task == id(3));
  for (auto& one : cold) store.spilled(one, written(in / std::to_string(one.task.index), one.value));
  cold.clear();
  CHECK(store.bytes_in_memory() == 16'008);
  CHECK(store.bytes_spilled() == 16'000);

  // Passed on, it stays where it is; used, it comes back, and leaves again without being written.
  CHECK(store.find(id(2))->data() == nullptr);
  CHECK(store.bytes_spilled() == 16'000);
  CHECK(value_cast<numbers>(*store.use(id(2))) == some(1000));
  CHECK(store.bytes_spilled() == 8'000);
  auto again = store.coldest(100'000);
  CHECK(again.size() == 1);  // 0; 1 is in use, 9 too small
  CHECK(store.bytes_spilled() == 16'000);
  in_use = nullptr;

  // Freed while it was being written: nothing comes of it.
  store.erase(id(0));
  store.spilled(again.front(), written(in / "0", again.front().value));
  CHECK(store.find(id(0)) == nullptr);
  store.erase(id(2));
  store.erase(id(3));
  store.erase(id(1));
  store.erase(id(9));
  CHECK(store.bytes_in_memory() == 0);
  CHECK(store.bytes_spilled() == 0);
  CHECK(in.empty());
}

TEST_CASE("what cannot be written is not named again") {
  value_store store;
  store.put(id(1), boxed(some(1000)), 8000);
  auto cold = store.coldest(1);
  REQUIRE(cold.size() == 1);
  store.keep_in_memory(cold.front());
  cold.clear();
  CHECK(store.coldest(1).empty());
  CHECK(store.bytes_in_memory() == 8000);
}
