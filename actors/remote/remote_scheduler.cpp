#include <troupe/actors/client/internal/client_actor.hpp>
#include <troupe/actors/functions/registry.hpp>
#include <troupe/actors/remote/internal/remote_scheduler.hpp>
#include <troupe/actors/remote/internal/value_server.hpp>
#include <troupe/actors/worker/internal/nanny_actor.hpp>
#include <troupe/actors/worker/internal/worker_actor.hpp>

#include <utility>

namespace troupe::detail {
namespace {

constexpr char const* cannot_be_sent = "the arguments cannot be sent to the scheduler: ";

}  // namespace

remote_scheduler::remote_scheduler(link_ptr to, hello self, link_options options, std::size_t most_peer_links)
    : link_(std::move(to)),
      self_(std::move(self)),
      options_(options),
      peer_links_(std::make_shared<peer_links>(most_peer_links)),
      taken_(make_intrusive<answers_taken>(link_, loop())),
      called_here_(make_intrusive<calls_received>(link_, loop())) {
  link_->set_handler(this);
}

remote_scheduler::~remote_scheduler() {
  taken_->close();
  called_here_->close();
  link_->set_handler(nullptr);
  link_->close("the process left");
}

void remote_scheduler::on(attach_client&& message) {
  auto number = std::uint64_t(message.client.id());
  clients_[number] = message.client;
  monitor(message.client);
  wire_writer out(scratch_);
  out.put(number);
  out.put(message.name);
  out.put(message.follows_cluster);
  out.send(*link_, wire_type::attach_client);
}

void remote_scheduler::on(detach_client message) {
  if (clients_.erase(std::uint64_t(message.client)) == 0) return;
  wire_writer out(scratch_);
  out.put(std::uint64_t(message.client));
  out.send(*link_, wire_type::detach_client);
  // Of a client's process: its link was for the client alone.
  if (clients_.empty() && !worker_ && !nanny_) quit();
}

void remote_scheduler::on(down_msg const& message) {
  on(detach_client{message.source});
  if (worker_ && message.source == worker_.id()) quit(message.reason);
  if (nanny_ && message.source == nanny_.id()) quit(message.reason);
}

void remote_scheduler::on(attach_worker&& message) {
  worker_ = message.worker;
  monitor(message.worker);
  wire_writer out(scratch_);
  out.put(message.info);
  out.put(local_functions().digest);
  out.put(message.life);
  out.send(*link_, wire_type::attach_worker);
}

void remote_scheduler::on(worker_memory message) {
  wire_writer out(scratch_);
  out.put(message.resident);
  out.put(message.paused);
  out.send(*link_, wire_type::worker_memory);
}

void remote_scheduler::on(client_batch&& batch) {
  auto told = told_.count();
  try {
    wire_writer out(scratch_);
    out.put(std::uint64_t(batch.from));
    out.put(batch.events);
    out.put(told_, batch.calls);
    out.send(*link_, wire_type::client_batch);
  } catch (error const& problem) {
    told_.keep(told);
    refuse(batch, problem.what());
  }
}

/// Their client hears that these tasks cannot be submitted; the scheduler never does.
void remote_scheduler::refuse(client_batch const& batch, std::string const& why) {
  auto known = clients_.find(std::uint64_t(batch.from));
  if (known == clients_.end()) return;
  client_news news;
  auto problem = std::make_exception_ptr(error(cannot_be_sent + why));
  for (auto const& event : batch.events)
    if (auto const* submit = std::get_if<to_scheduler::submit>(&event))
      for (auto const& task : submit->tasks) news.items.emplace_back(failed_news{task.ref, problem});
  known->second.send(std::move(news));
}

void remote_scheduler::on(worker_news&& news) {
  wire_writer out(scratch_);
  out.put(news.worker);
  out.put(news.report);
  for (auto const& value : news.values) out.put(value);
  for (auto const& problem : news.errors) out.put(problem);
  out.send(*link_, wire_type::worker_news);
}

task<cluster_info> remote_scheduler::on(get_info wanted) {
  auto number = ++last_request_;
  auto answer = info_requests_[number].get_future();
  wire_writer out(scratch_);
  out.put(number);
  out.put(wanted.workers);
  out.send(*link_, wire_type::get_info);
  try {
    co_return co_await std::move(answer);
  } catch (cancelled_error const&) {
    give_up_info(number);
    throw;
  }
}

/// Nobody waits for it any more.
void remote_scheduler::give_up_info(std::uint64_t number) {
  if (info_requests_.erase(number) == 0) return;
  wire_writer out(scratch_);
  out.put(number);
  out.send(*link_, wire_type::give_up_info);
}

task<cluster_status> remote_scheduler::on(get_status) {
  auto number = ++last_request_;
  auto answer = status_requests_[number].get_future();
  wire_writer out(scratch_);
  out.put(number);
  out.send(*link_, wire_type::get_status);
  co_return co_await std::move(answer);
}

task<std::vector<value_ptr>> remote_scheduler::on(relay_values const& request) {
  auto opened = value_requests_.open(request.tasks.size());
  wire_writer out(scratch_);
  out.put(opened.number);
  out.put(request.from);
  out.put(request.tasks);
  out.send(*link_, wire_type::relay_values);
  co_return co_await std::move(opened.answer);
}

task<query_result> remote_scheduler::on(query&& asked) {
  auto number = ++last_request_;
  auto answer = queries_[number].get_future();
  wire_writer out(scratch_);
  out.put(number);
  out.put(std::uint64_t(asked.from));
  out.put(asked.what);
  out.send(*link_, wire_type::query);
  co_return co_await std::move(answer);
}

task<value_ptr> remote_scheduler::on(run_call&& asked) {
  auto number = ++last_request_;
  auto told = told_.count();
  try {
    wire_writer out(scratch_);
    out.put(number);
    out.put(std::uint64_t(asked.from));
    out.put(told_, {&asked.call, 1});
    out.send(*link_, wire_type::run_call);
  } catch (error const& problem) {
    told_.keep(told);
    throw error(std::string(cannot_be_sent) + problem.what());
  }
  auto answer = calls_[number].get_future();
  co_return co_await std::move(answer);
}

void remote_scheduler::on_message(std::uint16_t type, std::span<std::byte const> body,
                                  std::vector<buffer> attachments) {
  wire_reader in(body, std::move(attachments));
  receive(wire_type(type), in);
  in.expect_end();
}

void remote_scheduler::receive(wire_type type, wire_reader& in) {
  switch (type) {
    case wire_type::client_news:
      return receive_news(in);
    case wire_type::cluster_changed: {
      auto known = clients_.find(in.get<std::uint64_t>());
      cluster_changed change{in.get<cluster_info>()};
      if (known != clients_.end()) known->second.send(std::move(change));
      return;
    }
    case wire_type::info: {
      auto asked = info_requests_.extract(in.get<std::uint64_t>());
      auto known = in.get<cluster_info>();
      if (asked) asked.mapped().set_value(std::move(known));
      return;
    }
    case wire_type::query_result: {
      auto asked = queries_.extract(in.get<std::uint64_t>());
      if (in.get<bool>()) {
        auto answer = in.get<query_result>();
        if (asked) asked.mapped().set_value(std::move(answer));
      } else {
        auto problem = in.get_error();
        if (asked) asked.mapped().set_error(std::move(problem));
      }
      return;
    }
    case wire_type::call_result: {
      auto asked = calls_.extract(in.get<std::uint64_t>());
      if (in.get<bool>()) {
        auto value = in.get_value();
        if (asked) asked.mapped().set_value(std::move(value));
      } else {
        auto problem = in.get_error();
        if (asked) asked.mapped().set_error(std::move(problem));
      }
      return;
    }
    case wire_type::status: {
      auto asked = status_requests_.extract(in.get<std::uint64_t>());
      auto known = in.get<cluster_status>();
      if (asked) asked.mapped().set_value(std::move(known));
      return;
    }
    case wire_type::values:
      return value_requests_.receive(in);
    case wire_type::call_answers:
      return relayed_.receive(in, *taken_);
    case wire_type::answers_taken:
      return called_here_->read_taken(in);
    case wire_type::get_values: {
      auto number = in.get<std::uint64_t>();
      auto tasks = in.get<std::vector<task_id>>();
      auto maker = in.get<attempt_id>();
      if (values_) values_.send(value_server::request{link_, number, {std::move(tasks), maker}});
      return;
    }
    case wire_type::get_functions:
      return send_functions();
    case wire_type::give_plugin:
      return receive_plugin(in);
    case wire_type::nanny_welcome: {
      auto message = in.get<nanny_welcome>();
      if (!nanny_) throw codec_error("a scheduler sent a message for a nanny, and there is none here");
      return nanny_.send(std::move(message));
    }
    case wire_type::shut_down:
      farewell_ = farewell::leave;
      return;
    case wire_type::begin_anew:
      farewell_ = farewell::begin_anew;
      return;
    default:
      break;
  }
  if (!worker_) throw codec_error("a scheduler sent a message for a worker, and there is none here");
  bool orders = type == wire_type::compute_batch || type == wire_type::stop_batch || type == wire_type::free_batch;
  if (orders && !welcomed_) throw codec_error("orders before the welcome");
  switch (type) {
    case wire_type::worker_welcome: {
      auto id = in.get<worker_id>();
      auto refusal = in.get<std::string>();
      welcomed_ = true;
      own_ = id;
      return worker_.send(worker_welcome{id, std::move(refusal), in.get<bool>()});
    }
    case wire_type::compute_batch:
      return receive_orders(in);
    case wire_type::stop_batch:
      return worker_.send(stop_batch{in.get<std::vector<stop_order>>()});
    case wire_type::free_batch:
      return worker_.send(free_batch{in.get<std::vector<task_id>>()});
    case wire_type::call_actors:
      return worker_.send(called_here_->read(in, heard_));
    case wire_type::stop_calls:
      return worker_.send(called_here_->read_stops(in));
    case wire_type::give_upload: {
      auto number = in.get<std::uint64_t>();
      return start(give_to_worker(number, in.get<give_upload>()));
    }
    case wire_type::finish_up:
      return start(finish_up_worker(in.get<std::uint64_t>()));
    default:
      throw codec_error("a scheduler sent a message of unknown type " + std::to_string(unsigned(type)));
  }
}

worker_place_ptr remote_scheduler::open_place(place_on_wire place) {
  // Tables are as large as the largest number.
  constexpr std::uint32_t most_workers = 1U << 20;
  if (place.id.value >= most_workers)
    throw codec_error("a worker of the impossible number " + std::to_string(place.id.value));
  actor_ref<value_source> at;
  if (worker_ && welcomed_ && place.id == own_)
    at = worker_;
  else
    at = loop().spawn<remote_peer>(
        remote_peer::setup{place.id, place.name, place.address, place.epoch, self_, options_, self(this), peer_links_});
  return std::make_shared<worker_place const>(
      worker_place{place.id, std::move(at), std::move(place.name), std::move(place.address), place.epoch});
}

void remote_scheduler::receive_news(wire_reader& in) {
  auto known = clients_.find(in.get<std::uint64_t>());
  for (auto& place : in.get<std::vector<place_on_wire>>()) {
    auto known_there = open_place(std::move(place));
    auto index = known_there->id.value;
    if (places_.size() <= index) places_.resize(index + 1);
    places_[index] = std::move(known_there);
  }
  client_news news;
  auto count = in.in().read_array();
  news.items.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto ref = in.get<client_ref>();
    switch (in.in().read_uint()) {
      case 0: {
        auto nbytes = in.get<std::uint64_t>();
        news.items.emplace_back(finished_news{ref, in.get_value(), nullptr, {}, nbytes});
        break;
      }
      case 1: {
        auto task = in.get<task_id>();
        auto nbytes = in.get<std::uint64_t>();
        auto at = in.get<worker_id>().value;
        if (at >= places_.size() || !places_[at]) throw codec_error("a result on a worker that was never named");
        news.items.emplace_back(finished_news{ref, nullptr, places_[at], task, nbytes});
        break;
      }
      case 2:
        news.items.emplace_back(failed_news{ref, in.get_error()});
        break;
      case 3:
        news.items.emplace_back(cancelled_news{ref, in.get<cancel_reason>()});
        break;
      default:
        throw codec_error("news of an unknown kind");
    }
  }
  if (known != clients_.end()) known->second.send(std::move(news));
}

void remote_scheduler::on_down(std::string const& reason) {
  auto gone = std::make_exception_ptr(actor_gone("the scheduler at " + link_->peer_address() + " is gone: " + reason));
  for (auto& [number, asked] : std::exchange(info_requests_, {})) asked.set_error(gone);
  for (auto& [number, asked] : std::exchange(queries_, {})) asked.set_error(gone);
  for (auto& [number, asked] : std::exchange(calls_, {})) asked.set_error(gone);
  for (auto& [number, asked] : std::exchange(status_requests_, {})) asked.set_error(gone);
  value_requests_.fail(gone);
  taken_->close();
  relayed_.fail(gone);
  called_here_->close();
  switch (farewell_) {
    case farewell::leave:
      return quit();
    case farewell::begin_anew:
      return quit(exit_reason::failed(std::make_exception_ptr(told_to_begin_anew(reason))));
    case farewell::none:
      return quit(exit_reason::failed(gone));
  }
}

}  // namespace troupe::detail
