#pragma once

#include <troupe/actors/client/client.hpp>
#include <troupe/actors/cluster/cluster_options.hpp>
#include <troupe/actors/runtime/runtime.hpp>
#include <troupe/futures/task.hpp>

#include <functional>
#include <string>
#include <vector>

namespace troupe {

/// For programs with a main of their own: to be called first in it, before any other thread starts. From then on the
/// program can be started again as a worker of its own clusters.
void init(int argc, char** argv);

/// A client of the cluster that the program's flags name, or of a new local cluster that lives as long as `in`:
///
///     --workers N          workers of the local cluster
///     --threads N          threads of each
///     --processes          each worker is a process of its own
///     --scheduler ADDRESS  the cluster of this scheduler instead
///
/// Flags that it does not know are left alone. Throws error for a flag with a bad value.
[[nodiscard]] client connect(runtime& in, int argc, char** argv, cluster_options options = {});

namespace detail {

using app_with_arguments = std::function<task<int>(client, std::vector<std::string>)>;
int run(int argc, char** argv, app_with_arguments const& app, bool takes_arguments, cluster_options options);

}  // namespace detail

/// Runs `app` with a client and gives what main returns: the app's result, 1 when it throws, 2 for a bad command line.
/// Takes the flags it knows (see connect; also --help) and hands the rest, in order, to `app(client, args)`; an app
/// without args refuses leftovers. The app runs on the calling thread, where blocking calls are allowed; everything is
/// closed before run returns.
inline int run(int argc, char** argv, task<int> (*app)(client), cluster_options options = {}) {
  return detail::run(
      argc, argv, [app](client c, std::vector<std::string> const&) { return app(std::move(c)); }, false,
      std::move(options));
}
inline int run(int argc, char** argv, task<int> (*app)(client, std::vector<std::string>),
               cluster_options options = {}) {
  return detail::run(argc, argv, app, true, std::move(options));
}

}  // namespace troupe
