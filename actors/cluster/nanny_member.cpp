#include <troupe/actors/cluster/internal/nanny_member.hpp>

#include <utility>

namespace troupe::detail {

nanny_member::nanny_member(runtime& in, worker_server_options const& options, std::shared_ptr<nanny_services> services,
                           worker_member::pause const& wait) {
  auto& loop = in.loop(0);
  auto link = connect_as(link_role::nanny, loop, options, wait);
  auto number = services->number();
  scheduler_ = loop.spawn<remote_scheduler>(std::move(link), introduce(link_role::peer, options.compression));
  nanny_ = loop.spawn<local_nanny>(std::move(services));
  scheduler_.send(attach_nanny{nanny_, number, {}});
}

nanny_member::~nanny_member() {
  for (actor_handle const& one : {actor_handle(scheduler_), actor_handle(nanny_)}) {
    one.stop();
    auto ended = one.ended();
    static_cast<void>(ended.get());
  }
}

}  // namespace troupe::detail
