// What any header of this kind needs of the standard library.
#include <atomic>
#include <chrono>
#include <coroutine>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <stop_token>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

int inc(int x) { return x + 1; }
