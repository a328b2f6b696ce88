// Prints what is known of the functions of this file, and a few packed calls. Compiled by two compilers: the lines are
// the same.

#include <troupe/actors/functions/export_task.hpp>
#include <troupe/actors/functions/registry.hpp>
#include <troupe/actors/functions/typed_call.hpp>
#include <troupe/actors/worker/task_context.hpp>
#include <troupe/net/codec/codec.hpp>

#include <array>
#include <chrono>
#include <complex>
#include <concepts>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

int plain(int x) { return x; }
int not_throwing(int x) noexcept { return x; }

namespace shop {

enum class colour : unsigned char { red, green };
struct item {
  std::string name;
  std::vector<double> prices;
  std::optional<colour> paint;
  std::chrono::system_clock::time_point made;
};
struct tree {
  int value = 0;
  std::vector<tree> children;
};
struct tag {
  int id = 0;
  friend void encode(troupe::encoder& out, tag const& t) { out.write_int(t.id); }
  friend tag decode(troupe::decoder& in, std::type_identity<tag>) { return {static_cast<int>(in.read_int())}; }
};

inline namespace v2 {
int versioned(int x) { return x; }
}  // namespace v2

int price(int x) { return x; }
int price(double) { return 2; }
int price(char, signed char, unsigned char, long long, unsigned long) { return 3; }
std::string label(std::string const& text, std::vector<std::string>) { return text; }
item find(std::map<std::string, item> const&, std::pair<bool, char>) { return {}; }
tree grow(tree t) { return t; }
tag marked(tag t) { return t; }
std::variant<std::monostate, int, std::string> either(std::variant<int, double> v) {
  return v.index() == 0 ? std::variant<std::monostate, int, std::string>(1) : "text";
}
double sum(std::span<double const> numbers, std::string_view, troupe::buffer const&) {
  return numbers.empty() ? 0 : numbers[0];
}
void many(std::array<int, 3>, std::set<std::string>, std::unordered_map<int, std::list<float>>, std::deque<int>,
          std::unique_ptr<int>, std::complex<float>, std::filesystem::path, std::vector<bool>) {}
std::chrono::milliseconds wait(std::chrono::duration<double> d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d);
}
troupe::task<std::string> slow(troupe::task_context&, std::string text) { co_return text; }

template <class T>
T twice(T x) {
  return x;
}
template <class T, class... Rest>
int several(T, Rest...) {
  return sizeof...(Rest);
}
template <int N>
int add(int x) {
  return x + N;
}
template <auto N>
int any(int x) {
  return x + static_cast<int>(N);
}
template <bool B, unsigned U, char C, colour K>
int constants(int x) {
  return x;
}
template <auto F>
int apply(int x) {
  return F(x);
}
template <int (*F)(int)>
int apply_typed(int x) {
  return F(x);
}
template <template <class...> class C>
int container(C<int> const& c) {
  return static_cast<int>(c.size());
}

template <std::integral T, std::integral auto N>
T whole(T x) {
  return x + N;
}

struct cart {
  int count = 0;
  int total(int) const { return count; }
  int put(int n) noexcept { return count += n; }
  int drop() && { return count; }
  int operator()(int n) const { return n; }
  static int largest(std::string_view) { return 3; }
  template <class T>
  T as(T x) {
    return x;
  }
  struct wheel {
    int turn(int x) const { return x; }
  };
};
bool operator<(cart const&, cart const&) { return false; }

template <class T, int N>
struct shelf {
  T first(T x) const { return x; }
  static T last(T x) { return x; }
  int unused = 0;
};

}  // namespace shop

namespace {

using troupe::detail::bind_call;
using troupe::detail::bound_call;
using troupe::detail::function_info_of;
using troupe::detail::function_tag;

template <auto... F>
void use() {
  (static_cast<void>(function_info_of<function_tag<F>>()), ...);
}

auto const exported = troupe::export_task<&shop::label>("label");

void print(troupe::detail::call_ptr const& call) {
  std::printf("%s:", call->function().short_name.c_str());
  auto const packet = pack(call);
  for (auto b : packet.head.bytes()) std::printf(" %02x", static_cast<unsigned>(b));
  std::printf(" + %zu\n", packet.attachments.size());
}

}  // namespace

int main() {
  using namespace shop;
  use<&plain, &not_throwing, &versioned, static_cast<int (*)(int)>(&price), static_cast<int (*)(double)>(&price),
      static_cast<int (*)(char, signed char, unsigned char, long long, unsigned long)>(&price), &label, &find, &grow,
      &marked, &either, &sum, &many, &wait, &slow>();
  use<&twice<long>, &twice<std::string>, &twice<std::vector<std::pair<int, char>>>, &several<int>,
      &several<int, double, item>, &add<3>, &add<-3>, &any<3>, &any<3U>, &any<'c'>, &any<true>, &any<colour::green>,
      &constants<true, 7U, 'x', colour::red>, &apply<&plain>, &apply_typed<&plain>, &apply<&add<3>>,
      &container<std::vector>, &whole<long, 3>>();
  use<&cart::total, &cart::put, &cart::drop, &cart::operator(), &cart::largest, &cart::as<int>, &cart::wheel::turn,
      static_cast<bool (*)(cart const&, cart const&)>(&shop::operator<), &shelf<int, 2>::first,
      &shelf<std::string, -1>::last>();
  static_cast<void>(function_info_of<cart>());

  auto const list = troupe::detail::local_functions();
  for (auto const* f : list.functions)
    std::printf("%s | %s | %s | %016llx | %d%d\n", f->short_name.c_str(), f->full_name.c_str(), f->schema.c_str(),
                static_cast<unsigned long long>(f->schema_hash), f->is_coroutine, f->takes_context);
  std::printf("%zu functions, digest %016llx\n", list.functions.size(), static_cast<unsigned long long>(list.digest));

  print(bind_call(function_tag<&grow>{}, tree{1, {{2, {}}, {-70000, {}}}}).call);
  print(bind_call(function_tag<&label>{}, "text", std::vector<std::string>{"a", "b"}).call);
  print(bind_call(function_tag<&sum>{}, std::vector<double>(10'000, 0.5), "x", troupe::buffer(100'000)).call);
  print(bind_call(cart{5}, 3).call);
}
