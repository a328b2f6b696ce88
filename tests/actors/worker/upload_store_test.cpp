#include "../client/support/folder.hpp"

#include <troupe/actors/worker/internal/upload_store.hpp>
#include <troupe/futures/errors.hpp>

#include <catch2/catch.hpp>

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>

/// What a worker does with the pieces of an upload.
namespace {

using Catch::Matchers::Contains;
using troupe::buffer;
using troupe::test::folder;
using troupe::test::read_file;
using namespace troupe::detail;

buffer bytes(std::string_view text) { return buffer::copy_of(std::as_bytes(std::span(text))); }

std::string digest_of(std::string_view text) {
  content_digest digest;
  digest.add(std::as_bytes(std::span(text)));
  return digest.finish();
}

upload_info about(std::string_view text, std::string name = "data") {
  return {digest_of(text), std::move(name), text.size(), upload_kind::file};
}

give_upload piece(upload_info const& what, std::uint64_t offset, std::string_view text) {
  return {what, offset, {bytes(text)}};
}
give_upload end(upload_info const& what) { return {what, what.size, {}}; }

/// No file may become larger than this, as on a disk that is full.
class small_disk {
 public:
  explicit small_disk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    rlimit small{bytes, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  }
  small_disk(small_disk const&) = delete;
  small_disk& operator=(small_disk const&) = delete;
  ~small_disk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

std::size_t files_in(std::filesystem::path const& path) {
  std::size_t count = 0;
  for (auto const& entry : std::filesystem::recursive_directory_iterator(path))
    if (entry.is_regular_file() && entry.path().filename() != "lock") ++count;
  return count;
}

}  // namespace

TEST_CASE("the digest of a content is its SHA-256") {
  CHECK(digest_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(digest_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("a store says what it lacks, takes it in pieces, and names it when it is asked to") {
  folder here;
  upload_store store(here.path());
  auto what = about("abcdef");
  CHECK(store.take({what, 0, {}}).missing);
  CHECK_FALSE(store.take(piece(what, 0, "abc")).missing);
  CHECK(store.take(end(what)).missing);
  static_cast<void>(store.take(piece(what, 3, "def")));
  CHECK_THROWS_AS(store.file("data"), troupe::error);
  CHECK_FALSE(store.take(end(what)).missing);
  CHECK(read_file(store.file("data")) == "abcdef");
}

TEST_CASE("a file may have any name, and stays whatever is uploaded next") {
  folder here;
  upload_store store(here.path());
  for (auto const* name : {".new", ".part", "content", "lock"}) {
    auto what = about(name, name);
    static_cast<void>(store.take(piece(what, 0, name)));
    CHECK_FALSE(store.take(end(what)).missing);
  }
  for (auto const* name : {".new", ".part", "content", "lock"}) {
    CAPTURE(name);
    CHECK(read_file(store.file(name)) == name);
  }
}

TEST_CASE("a piece that comes twice changes nothing") {
  folder here;
  upload_store store(here.path());
  auto what = about("abcdef");
  for (int i = 0; i < 2; ++i) static_cast<void>(store.take(piece(what, 0, "abc")));
  static_cast<void>(store.take(piece(what, 1, "bcde")));
  for (int i = 0; i < 2; ++i) static_cast<void>(store.take(piece(what, 3, "def")));
  for (int i = 0; i < 2; ++i) CHECK_FALSE(store.take(end(what)).missing);
  CHECK(read_file(store.file("data")) == "abcdef");
}

TEST_CASE("a gap between pieces is an error, and the next try begins anew") {
  folder here;
  upload_store store(here.path());
  auto what = about("abcdef");
  static_cast<void>(store.take(piece(what, 0, "ab")));
  CHECK_THROWS_WITH(store.take(piece(what, 4, "ef")), Contains("a piece of data is missing"));
  static_cast<void>(store.take(piece(what, 0, "abcdef")));
  CHECK_FALSE(store.take(end(what)).missing);
}

TEST_CASE("a content that is not what was announced is not kept") {
  folder here;
  upload_store store(here.path());
  auto what = about("abcdef");
  CHECK_THROWS_WITH(store.take(piece(what, 0, "ABCDEF")), Contains("data was changed while it was sent"));
  CHECK_THROWS_WITH(store.take(piece(what, 0, "abcdefg")), Contains("data was changed while it was sent"));
  CHECK(store.take(end(what)).missing);
  CHECK(files_in(here.path()) == 0);
}

TEST_CASE("a full disk is said to be one, nothing is left, and what fits still fits") {
  folder here;
  upload_store store(here.path());
  std::string large(std::size_t{1} << 20, 'x');
  auto what = about(large, "large");
  {
    small_disk full(1 << 16);
    CHECK_THROWS_WITH(store.take(piece(what, 0, std::string_view(large).substr(0, 1000))),
                      Contains("cannot be written: File too large"));
    CHECK(files_in(here.path()) == 0);
    auto small = about("abc", "small");
    static_cast<void>(store.take(piece(small, 0, "abc")));
    CHECK_FALSE(store.take(end(small)).missing);
  }
  static_cast<void>(store.take(piece(what, 0, large)));
  CHECK_FALSE(store.take(end(what)).missing);
}

TEST_CASE("names that leave the folder are refused, and so are digests that are none") {
  folder here;
  upload_store store(here.path());
  for (auto const* name : {"", ".", "..", "a/b", "/etc/passwd"})
    CHECK_THROWS_WITH(store.take(piece(about("abc", name), 0, "abc")), Contains("without folders"));
  auto what = about("abc");
  what.digest = "../../../etc/cron.d/x";
  CHECK_THROWS_WITH(store.take(piece(what, 0, "abc")), Contains("the digest of the upload 'data' is none"));
}

TEST_CASE("a new store removes what a killed worker left, and nothing else") {
  folder here;
  auto left = here.path() / "troupe-worker-killed";
  auto foreign = here.path() / "troupe-worker-without-lock";
  std::filesystem::create_directories(left / "files");
  std::filesystem::create_directories(foreign);
  troupe::test::folder elsewhere;
  std::filesystem::copy_file(elsewhere.write("lock", ""), left / "lock");
  {
    upload_store living(here.path());
    auto mine = living.directory();
    CHECK_FALSE(std::filesystem::exists(left));
    CHECK(std::filesystem::exists(foreign));
    upload_store second(here.path());
    CHECK(second.directory() != mine);
    CHECK(std::filesystem::exists(mine));
  }
  std::filesystem::remove(foreign);
  CHECK(std::filesystem::is_empty(here.path()));
}
