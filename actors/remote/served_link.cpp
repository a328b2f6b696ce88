#include <troupe/actors/functions/registry.hpp>
#include <troupe/actors/remote/internal/scheduler_port.hpp>
#include <troupe/actors/remote/internal/served_link.hpp>
#include <troupe/actors/runtime/internal/asio_loop.hpp>
#include <troupe/actors/worker/log.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace troupe::detail {
namespace {

/// Its times are the sender's.
void set_time(scheduler_event& event, time_point now) {
  auto set = [now]<class Event>(Event& e) {
    if constexpr (!client_event<Event>) {
      throw codec_error("a client sent an event that is none of a client's");
    } else {
      auto sent = std::exchange(e.now, now);
      if constexpr (std::same_as<Event, to_scheduler::submit>) {
        if (sent < time_point()) throw codec_error("a client sent an event of an impossible time");
        for (auto& task : e.tasks)
          if (task.deadline) *task.deadline = time_after(now, std::max(*task.deadline, sent) - sent);
      }
    }
  };
  std::visit(set, event);
}

}  // namespace

served_link::served_link(link_ptr to, scheduler_port& port, actor_ref<scheduler_actor> scheduler, event_loop& loop)
    : link_(std::move(to)),
      port_(&port),
      scheduler_(std::move(scheduler)),
      loop_(loop),
      taken_(make_intrusive<answers_taken>(link_, loop)),
      relayed_(make_intrusive<calls_received>(link_, loop)) {
  link_->set_handler(this);
}

served_link::~served_link() = default;

void served_link::close(std::string const& reason) {
  port_ = nullptr;
  wire_writer(scratch_).send(*link_, wire_type::shut_down);
  link_->set_handler(nullptr);
  link_->close(reason);
  on_down(reason);
}

void served_link::process_ended(std::string const& worker) {
  if (worker_name_ == worker) link_->peer_ended();
}

void served_link::dismiss(detail::dismiss const& message) {
  wire_writer(scratch_).send(*link_, message.anew ? wire_type::begin_anew : wire_type::shut_down);
  link_->set_handler(nullptr);
  link_->close(message.reason);
  on_down(message.reason);
}

void served_link::on_message(std::uint16_t type, std::span<std::byte const> body, std::vector<buffer> attachments) {
  wire_reader in(body, std::move(attachments));
  receive(wire_type(type), in);
  in.expect_end();
}

void served_link::on_down(std::string const& reason) {
  intrusive_ptr<served_link> alive(this);
  auto gone = std::make_exception_ptr(actor_gone("the link to " + link_->peer_address() + " is down: " + reason));
  value_requests_.fail(gone);
  taken_->close();
  calls_.fail(gone);
  relayed_->close();
  for (auto& [number, asked] : std::exchange(finish_requests_, {})) asked.set_error(gone);
  for (auto& [number, asked] : std::exchange(upload_requests_, {})) asked.set_error(gone);
  for (auto& [number, asked] : std::exchange(plugin_requests_, {})) asked.set_error(gone);
  for (auto const& [number, asked] : std::exchange(info_asked_, {})) asked.cancel();
  for (auto const& [number, asked] : std::exchange(changes_asked_, {})) asked.answer.cancel();
  for (auto const& [number, actor] : std::exchange(clients_, {})) actor.stop();
  if (worker_) {
    if (port_)
      log("worker {} at {} {}: {}", worker_name_, link_->peer_address(), refusal_.empty() ? "has left" : "was refused",
          refusal_.empty() ? reason : refusal_);
    std::exchange(worker_, {}).stop(exit_reason::failed(gone));
  }
  if (nanny_) std::exchange(nanny_, {}).stop();
  if (port_) std::exchange(port_, nullptr)->forget(*this);
}

template <class Answer, class Write>
void served_link::answer(future<Answer> const& asked, Write write) {
  asked.on_done([self = intrusive_ptr<served_link>(this), write](future<Answer> const& answer) {
    try {
      wire_writer out(self->scratch_);
      write(out, answer);
    } catch (error const& problem) {
      self->link_->close(problem.what());
    }
  });
}

void served_link::answer_query(std::uint64_t number, future<query_result> const& asked) {
  answer(asked, [this, number](wire_writer& out, auto const& result) {
    changes_asked_.erase(number);
    out.put(number);
    out.put(!result.failed());
    if (result.failed())
      out.put(result.error());
    else
      out.put(result.get());
    out.send(*link_, wire_type::query_result);
  });
}

void served_link::receive(wire_type type, wire_reader& in) {
  switch (type) {
    case wire_type::attach_client: {
      auto number = in.get<std::uint64_t>();
      auto name = in.get<std::string>();
      auto follows = in.get<bool>();
      if (clients_.contains(number)) throw codec_error("two clients of one number on a link");
      auto& client = clients_[number] = loop_.spawn<remote_client>(intrusive_ptr<served_link>(this), number);
      return scheduler_.send(attach_client{client, std::move(name), link_->peer().name, follows});
    }
    case wire_type::detach_client:
      if (auto known = clients_.extract(in.get<std::uint64_t>())) {
        give_up_changes(known.key());
        known.mapped().stop();
      }
      return;
    case wire_type::client_batch:
      return receive_batch(in);
    case wire_type::attach_worker:
      return receive_worker(in);
    case wire_type::worker_memory:
      return receive_memory(in);
    case wire_type::functions:
      return receive_functions(in);
    case wire_type::worker_news:
      return receive_news(in);
    case wire_type::get_info:
      return receive_get_info(in);
    case wire_type::give_up_info:
      if (auto asked = info_asked_.extract(in.get<std::uint64_t>())) asked.mapped().cancel();
      return;
    case wire_type::query: {
      auto number = in.get<std::uint64_t>();
      auto known = clients_.find(in.get<std::uint64_t>());
      query asked{known == clients_.end() ? actor_id{} : known->second.id(), in.get<decltype(query::what)>()};
      return answer_query(number, scheduler_.ask(std::move(asked)));
    }
    case wire_type::get_status: {
      auto number = in.get<std::uint64_t>();
      return answer(scheduler_.ask(get_status{}), [this, number](wire_writer& out, auto const& asked) {
        if (asked.failed()) return;
        out.put(number);
        out.put(asked.get());
        out.send(*link_, wire_type::status);
      });
    }
    case wire_type::relay_values: {
      auto number = in.get<std::uint64_t>();
      auto from = in.get<worker_id>();
      auto tasks = in.get<std::vector<task_id>>();
      if (port_) port_->relay(link_, number, relay_values{from, std::move(tasks)});
      return;
    }
    case wire_type::relay_calls:
      return receive_calls(in);
    case wire_type::relay_stop_calls:
      return receive_stops(in);
    case wire_type::call_answers:
      return calls_.receive(in, *taken_);
    case wire_type::answers_taken:
      return relayed_->read_taken(in);
    case wire_type::values:
      return value_requests_.receive(in);
    case wire_type::finished_up:
      if (auto asked = finish_requests_.extract(in.get<std::uint64_t>())) asked.mapped().set_value();
      return;
    case wire_type::run_call:
      return receive_call(in);
    case wire_type::upload_state:
      return receive_upload_state(in);
    case wire_type::change_plugin:
      return receive_plugin_change(in);
    case wire_type::plugin_state:
      return receive_plugin_state(in);
    case wire_type::attach_nanny:
      return receive_nanny(in);
    default:
      throw codec_error("a message of unknown type " + std::to_string(unsigned(type)));
  }
}

void served_link::receive_get_info(wire_reader& in) {
  auto number = in.get<std::uint64_t>();
  auto wanted = get_info{in.get<std::uint32_t>()};
  if (info_asked_.contains(number)) throw codec_error("two requests of one number");
  auto const& asked = info_asked_.emplace(number, scheduler_.ask(wanted)).first->second;
  answer(future<cluster_info>(asked), [this, number](wire_writer& out, auto const& found) {
    info_asked_.erase(number);
    if (found.failed()) return;
    out.put(number);
    out.put(found.get());
    out.send(*link_, wire_type::info);
  });
}

void served_link::receive_worker(wire_reader& in) {
  if (worker_ || joining_) throw codec_error("a second worker joins over one link");
  joining_ = in.get<worker_info>();
  digest_ = in.get<std::uint64_t>();
  life_ = in.get<worker_life>();
  worker_name_ = joining_->name;
  if (!port_) return;
  if (!joining_->address.empty()) expect_listener(io_of(loop_), *link_, joining_->address);
  if (auto const& known = port_->functions(digest_)) return attach(known);
  wire_writer(scratch_).send(*link_, wire_type::get_functions);
}

void served_link::receive_functions(wire_reader& in) {
  if (!joining_ || in.get<std::uint64_t>() != digest_) throw codec_error("functions that nobody asked for");
  auto list = in.get<std::vector<function_identity>>();
  // It is kept for all who say this digest.
  if (auto found = digest_of(list); found != digest_)
    return refuse_worker(fmt::format("it announced functions of the digest {:016x} and told such of the digest {:016x}",
                                     digest_, found));
  auto functions = std::make_shared<program_functions>();
  for (auto& [name, schema] : list) (*functions)[std::move(name)].insert(std::move(schema));
  if (port_) port_->functions(digest_) = functions;
  attach(std::move(functions));
}

/// Which the scheduler has not heard of yet.
void served_link::refuse_worker(std::string const& why) {
  log("worker {} at {} was refused: {}", worker_name_, link_->peer_address(), why);
  joining_.reset();
  send(worker_welcome{{}, why, true});
  link_->close(why);
}

void served_link::attach(std::shared_ptr<program_functions const> functions) {
  worker_ = loop_.spawn<remote_worker>(intrusive_ptr<served_link>(this));
  scheduler_.send(attach_worker{worker_,
                                *std::exchange(joining_, std::nullopt),
                                {link_->peer().name, std::move(functions)},
                                life_,
                                link_->peer().epoch});
}

void served_link::receive_memory(wire_reader& in) {
  auto resident = in.get<std::uint64_t>();
  auto paused = in.get<bool>();
  if (joining_) joining_->process_memory = resident;
  if (worker_) scheduler_.send(worker_memory{worker_.id(), resident, paused});
}

void served_link::receive_batch(wire_reader& in) {
  auto known = clients_.find(in.get<std::uint64_t>());
  client_batch batch;
  batch.events = in.get<std::vector<scheduler_event>>();
  std::size_t tasks = 0;
  for (auto& event : batch.events) {
    set_time(event, loop_.now());
    if (auto const* submit = std::get_if<to_scheduler::submit>(&event)) tasks += submit->tasks.size();
  }
  batch.calls = in.get_calls(heard_);
  if (batch.calls.size() != tasks) throw codec_error("tasks and calls differ in number");
  if (known == clients_.end()) return;
  batch.from = known->second.id();
  scheduler_.send(std::move(batch));
}

void served_link::receive_news(wire_reader& in) {
  worker_news news;
  news.worker = in.get<worker_id>();
  if (news.worker != welcomed_as_) throw codec_error("news in the name of another worker");
  news.report = in.get<worker_report>();
  for (std::size_t i = 0; i < news.report.done.size(); ++i) news.values.push_back(in.get_value());
  for (std::size_t i = 0; i < news.report.failed.size(); ++i) news.errors.push_back(in.get_error());
  if (worker_) scheduler_.send(std::move(news));
}

future<std::vector<value_ptr>> served_link::request(get_values const& values) {
  auto opened = value_requests_.open(values.tasks.size());
  wire_writer out(scratch_);
  out.put(opened.number);
  out.put(values.tasks);
  out.put(values.maker);
  out.send(*link_, wire_type::get_values);
  return std::move(opened.answer);
}

future<void> served_link::request_finish() {
  auto number = ++last_request_;
  auto answer = finish_requests_[number].get_future();
  wire_writer out(scratch_);
  out.put(number);
  out.send(*link_, wire_type::finish_up);
  return answer;
}

task<std::vector<value_ptr>> remote_worker::on(get_values const& request) {
  auto asked = over_->request(request);
  co_return co_await std::move(asked);
}

task<void> remote_worker::on(finish_up) {
  auto asked = over_->request_finish();
  co_await std::move(asked);
}

}  // namespace troupe::detail
