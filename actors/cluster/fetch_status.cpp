#include <troupe/actors/cluster/internal/member.hpp>
#include <troupe/actors/cluster/status.hpp>
#include <troupe/actors/remote/internal/remote_peers.hpp>

#include <fmt/format.h>

namespace troupe {

cluster_status fetch_status(std::string const& address, duration timeout) {
  auto until = clock::now() + timeout;
  runtime in;
  detail::link_options options;
  options.connect_timeout = timeout;
  auto link = detail::connect_link(in.loop(), address, detail::introduce(detail::link_role::observer), options).get();
  auto scheduler =
      in.loop().spawn<detail::remote_scheduler>(std::move(link), detail::introduce(detail::link_role::peer));
  try {
    return scheduler.ask(detail::get_status{}, until).get();
  } catch (cancelled_error const&) {
    throw error(fmt::format("the scheduler at {} does not answer", address));
  }
}

}  // namespace troupe
