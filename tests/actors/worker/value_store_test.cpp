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
#include <utility>
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

TEST_CASE("a file that cannot be read back is lost: its owner is told once, and nobody tries again") {
  folder in;
  auto value = some(300'000);
  std::vector<std::string> told;
  auto file = std::make_shared<spill_file>(in / "a", boxed(value)->pack(),
                                           [&](std::string problem) { told.push_back(std::move(problem)); });
  auto how = GENERATE(as<std::string>(), "removed", "cut short", "emptied", "overwritten", "no file");
  auto reason = std::string("damaged");
  if (how == "removed") {
    fs::remove(in / "a");
    reason = "No such file";
  } else if (how == "cut short") {
    fs::resize_file(in / "a", fs::file_size(in / "a") - 1);
    reason = "cut short";
  } else if (how == "emptied") {
    fs::resize_file(in / "a", 0);
    reason = "cut short";
  } else if (how == "overwritten") {
    std::fstream in_place(in / "a", std::ios::in | std::ios::out | std::ios::binary);
    in_place.seekp(static_cast<std::streamoff>(fs::file_size(in / "a") / 2));
    in_place << "something else";
  } else {
    fs::remove(in / "a");
    fs::create_directory(in / "a");
    reason = "Is a directory";
  }
  value_ptr spilled(new spilled_value(file, value.size() * 8));
  CHECK_FALSE(spilled->lost());
  CHECK_THROWS_AS(spilled->bring(), value_lost);
  CHECK(spilled->lost());
  CHECK_THROWS_AS(spilled->pack(), value_lost);
  CHECK_THROWS_AS(value_cast<numbers>(*spilled), value_lost);
  REQUIRE(told.size() == 1);
  CHECK_THAT(told.front(), Catch::Contains((in / "a").string()) && Catch::Contains(reason));
  if (how == "no file") fs::remove(in / "a");
}

TEST_CASE("each byte of a file is looked at") {
  folder in;
  auto value = some(50);
  {
    auto file = written(in / "a", boxed(value));
    auto size = fs::file_size(in / "a");
    for (std::uintmax_t at = 0; at < size; ++at) {
      auto one = written(in / "b", boxed(value));
      std::fstream in_place(in / "b", std::ios::in | std::ios::out | std::ios::binary);
      in_place.seekg(static_cast<std::streamoff>(at));
      auto was = in_place.get();
      in_place.seekp(static_cast<std::streamoff>(at));
      in_place.put(static_cast<char>(was ^ 0x10));
      in_place.close();
      CAPTURE(at);
      CHECK_THROWS_AS(one->read(), value_lost);
    }
  }
  CHECK(in.empty());
}

TEST_CASE("a spilled value that was brought needs its file no more") {
  folder in;
  value_ptr spilled(new spilled_value(written(in / "a", boxed(some(1000))), 8000));
  spilled->bring();
  fs::remove(in / "a");
  spilled->bring();
  CHECK(value_cast<numbers>(*spilled) == some(1000));
  // Nor does who passes it on.
  CHECK(value_cast<numbers>(*unpack_value<numbers>(spilled->pack())) == some(1000));
  CHECK_FALSE(spilled->lost());
}

TEST_CASE("the store does not pass on what is lost") {
  folder in;
  value_store store;
  store.put(id(1), boxed(some(1000)), 8000);
  auto cold = store.coldest(1);
  REQUIRE(cold.size() == 1);
  store.spilled(cold.front(), written(in / "1", cold.front().value));
  cold.clear();
  CHECK_FALSE(store.lost(id(1)));
  CHECK_FALSE(store.lost(id(2)));
  fs::remove(in / "1");
  CHECK_THROWS_AS(store.find(id(1))->pack(), value_lost);
  CHECK(store.lost(id(1)));
  CHECK(store.find(id(1)) == nullptr);
  // Made again in its place.
  store.put(id(1), boxed(some(1000)), 8000);
  CHECK_FALSE(store.lost(id(1)));
  CHECK(store.find(id(1)));
  CHECK(store.bytes_spilled() == 0);
}

TEST_CASE("what must not leave its process stays in memory") {
  value_store store;
  using kept = local<numbers>;
  store.put(id(1), value_ptr(new value_box<kept>(std::in_place, kept{some(1000)})), 8000);
  store.put(id(2), value_ptr(new value_box<std::vector<kept>>(std::in_place, std::vector<kept>(1000))), 8000);
  CHECK(store.coldest(1'000'000).empty());
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
