#include <troupe/actors/scheduler/internal/plugin_desk.hpp>
#include <troupe/actors/scheduler/internal/upload_desk.hpp>
#include <troupe/actors/worker/internal/worker_actor.hpp>
#include <troupe/actors/worker/log.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace troupe::detail {
namespace {

std::string in_mebibytes(std::uint64_t bytes) { return fmt::format("{:.1f} MiB", double(bytes) / double(1 << 20)); }

}  // namespace

bool local_scheduler::upload_desk::is_asked(query const& asked) noexcept {
  return std::holds_alternative<begin_upload>(asked.what) || std::holds_alternative<send_upload>(asked.what) ||
         std::holds_alternative<finish_upload>(asked.what) || std::holds_alternative<remove_upload>(asked.what) ||
         std::holds_alternative<give_up_upload>(asked.what);
}

task<query_result> local_scheduler::upload_desk::answer(client_id from, query asked) {
  if (!from) throw error("an upload of a client that is not known");
  query_result result;
  if (auto const* first = std::get_if<begin_upload>(&asked.what)) {
    result.offset = begin(from, *first);
  } else if (auto* next = std::get_if<send_upload>(&asked.what)) {
    add(from, std::move(*next));
  } else if (auto const* last = std::get_if<finish_upload>(&asked.what)) {
    auto finishing = finish(from, *last);
    result = co_await std::move(finishing);
  } else if (auto const* withdrawn = std::get_if<remove_upload>(&asked.what)) {
    remove(withdrawn->name);
  } else if (auto const* given_up = std::get_if<give_up_upload>(&asked.what)) {
    give_up(from, given_up->digest, given_up->sender);
  }
  co_return result;
}

std::uint64_t local_scheduler::upload_desk::begin(client_id from, begin_upload const& first) {
  auto const& what = first.what;
  check_upload(what);
  if (find(what.digest)) return what.size;
  if (auto known = incoming_.find({from, what.digest}); known != incoming_.end()) {
    known->second.senders.insert(first.sender);
    return known->second.bytes.size;
  }
  auto kept = bytes_kept();
  if (what.size > upload_limit || kept > upload_limit - what.size)
    throw error(fmt::format(
        "{} has {}, and a scheduler keeps at most {} of uploads, of which {} are in use: put it where all workers can "
        "read it",
        what.name, in_mebibytes(what.size), in_mebibytes(upload_limit), in_mebibytes(kept)));
  incoming_[{from, what.digest}] = {what.size, {}, {first.sender}};
  return 0;
}

void local_scheduler::upload_desk::add(client_id from, send_upload&& piece) {
  auto known = incoming_.find({from, piece.digest});
  if (known == incoming_.end()) throw error("a piece came of an upload that was not begun");
  auto& bytes = known->second.bytes;
  if (piece.offset < bytes.size) return;  // it came before
  auto more = piece.piece.bytes.size();
  if (piece.offset != bytes.size || more == 0 || more > known->second.size_to_be - bytes.size)
    throw error("the pieces of an upload do not fit together");
  bytes.size += more;
  bytes.pieces.push_back(std::move(piece.piece));
}

void local_scheduler::upload_desk::forget(client_id client) {
  std::erase_if(incoming_, [&](auto const& one) { return one.first.first == client; });
}

std::uint64_t local_scheduler::upload_desk::bytes_kept() const {
  std::uint64_t sum = 0;
  for (auto const& one : shelf_) sum += one.what.size;
  for (auto const& [key, one] : incoming_) sum += one.size_to_be;
  return sum;
}

local_scheduler::upload_desk::content_ptr local_scheduler::upload_desk::find(std::string const& digest) const {
  auto same = [&](kept_upload const& one) { return one.what.digest == digest; };
  auto found = std::find_if(shelf_.begin(), shelf_.end(), same);
  return found == shelf_.end() ? nullptr : found->bytes;
}

void local_scheduler::upload_desk::give_up(client_id from, std::string const& digest, std::uint64_t sender) {
  auto known = incoming_.find({from, digest});
  if (known != incoming_.end() && known->second.senders.erase(sender) > 0 && known->second.senders.empty())
    incoming_.erase(known);
}

local_scheduler::upload_desk::content_ptr local_scheduler::upload_desk::take(client_id from,
                                                                             finish_upload const& last) {
  auto const& what = last.what;
  content_ptr bytes;
  auto came = incoming_.find({from, what.digest});
  if (came != incoming_.end() && came->second.bytes.size == what.size && came->second.size_to_be == what.size)
    bytes = std::make_shared<content const>(came->second.bytes);
  give_up(from, what.digest, last.sender);
  if (auto known = find(what.digest)) return known->size == what.size ? known : nullptr;
  return bytes;
}

task<local_scheduler::upload_desk::turn> local_scheduler::upload_desk::take_turn(upload_kind kind, std::string name) {
  std::pair const key(kind, std::move(name));
  while (being_handed_out_.contains(key)) {
    auto free = turns_wanted_.emplace_back().get_future();
    co_await std::move(free);
  }
  being_handed_out_.insert(key);
  co_return turn(nullptr, [this, key](void*) {
    being_handed_out_.erase(key);
    for (auto& waiting : std::exchange(turns_wanted_, {})) waiting.set_value();
  });
}

task<query_result> local_scheduler::upload_desk::finish(client_id from, finish_upload last) {
  check_upload(last.what);
  auto bytes = take(from, last);
  auto const what = std::move(last.what);
  if (!bytes) throw error(fmt::format("{} was not sent to its end", what.name));
  auto waiting = take_turn(what.kind, what.name);
  auto held = co_await std::move(waiting);
  query_result result;
  std::set<worker_id> told;
  for (;;) {
    std::vector<std::pair<worker_id, future<delivered>>> on_their_way;
    for (auto const& w : scheduler_.workers_) {
      if (!w.place || !told.insert(w.place->id).second) continue;
      promise<delivered> done;
      on_their_way.emplace_back(w.place->id, done.get_future());
      scheduler_.start(deliver(w.actor, {what, bytes}, std::move(done), held));
    }
    if (on_their_way.empty()) {
      if (!result.names.empty() || !result.problems.empty()) break;
      auto joined = scheduler_.next_worker(true);
      co_await std::move(joined);
      continue;
    }
    std::map<std::shared_ptr<program_functions const>, std::shared_ptr<program_functions const>> programs;
    for (auto& [id, ended] : on_their_way) {
      auto const& one = co_await ended;
      auto& worker = scheduler_.workers_[id.value];
      if (one.left || !worker.place) continue;
      if (!one.problem.empty()) {
        result.problems.emplace_back(worker.info.name, one.problem);
        continue;
      }
      result.names.push_back(worker.info.name);
      auto [program, fresh] = programs.try_emplace(worker.program.functions);
      if (fresh) program->second = extended(program->first, one.state);
      worker.program.functions = program->second;
    }
    scheduler_.programs_changed();
  }
  // Not before: what no worker can take must not keep others from joining.
  if (!result.names.empty()) keep(what, bytes);
  std::sort(result.names.begin(), result.names.end());
  std::sort(result.problems.begin(), result.problems.end());
  co_return result;
}

void local_scheduler::upload_desk::keep(upload_info const& what, content_ptr bytes) {
  std::erase_if(shelf_,
                [&](kept_upload const& one) { return one.what.name == what.name && one.what.kind == what.kind; });
  shelf_.push_back({what, std::move(bytes)});
}

void local_scheduler::upload_desk::remove(std::string const& name) {
  if (std::erase_if(shelf_, [&](kept_upload const& one) { return one.what.name == name; }) == 0)
    throw error("there is no upload '" + name + "'");
}

task<upload_state> local_scheduler::upload_desk::give(actor_ref<worker_actor> worker, upload_info what,
                                                      content_ptr bytes) {
  auto first = worker.ask(give_upload{what, 0, {}});
  auto state = co_await std::move(first);
  if (!state.missing) co_return state;
  std::uint64_t offset = 0;
  for (std::size_t i = 0; i < bytes->pieces.size(); ++i) {
    auto taken = worker.ask(give_upload{what, offset, bytes->pieces[i]});
    co_await std::move(taken);
    offset += bytes->pieces[i].bytes.size();
  }
  auto last = worker.ask(give_upload{what, offset, {}});
  state = co_await std::move(last);
  if (state.missing) throw error(fmt::format("{} does not stay where it is put", what.name));
  co_return state;
}

task<void> local_scheduler::upload_desk::deliver(actor_ref<worker_actor> worker, kept_upload upload,
                                                 promise<delivered> told, turn held) {
  delivered result;
  try {
    auto giving = give(worker, upload.what, upload.bytes);
    result.state = co_await std::move(giving);
  } catch (actor_gone const&) {
    result.left = true;
  } catch (error const& problem) {
    result.problem = problem.what();
  }
  // Before who waits hears of it, who may have given up: then the last delivery ends the turn.
  held.reset();
  told.set_value(std::move(result));
}

std::shared_ptr<program_functions const> local_scheduler::upload_desk::extended(
    std::shared_ptr<program_functions const> const& known, upload_state const& with) {
  if (!known || with.functions.empty()) return known;
  auto more = std::make_shared<program_functions>(*known);
  for (auto const& [name, schema] : with.functions) (*more)[name].insert(schema);
  return more;
}

void local_scheduler::upload_desk::equip(attach_worker&& joining) {
  equipping_[joining.worker.id()] = {joining.worker, joining.info.name, joining.life};
  scheduler_.start(give_everything(std::move(joining)));
}

bool local_scheduler::upload_desk::make_room_for(attach_worker const& joining) {
  auto same = [&](auto const& one) { return one.second.name == joining.info.name; };
  auto known = std::find_if(equipping_.begin(), equipping_.end(), same);
  if (known == equipping_.end()) return true;
  if (!joining.life.follows(known->second.life)) return false;
  auto dead = equipping_.extract(known);
  dead.mapped().actor.send(dismiss{"a later life took its place"});
  return true;
}

task<void> local_scheduler::upload_desk::give_everything(attach_worker joining) {
  std::vector<upload_info> given;
  std::string giving_what;
  auto const& plugins = scheduler_.plugins_->of_workers();
  auto const began = plugins.last_change();
  std::uint64_t plugins_given = 0;
  try {
    for (;;) {
      auto is_new = [&](kept_upload const& one) {
        return std::find(given.begin(), given.end(), one.what) == given.end();
      };
      if (auto next = std::find_if(shelf_.begin(), shelf_.end(), is_new); next != shelf_.end()) {
        given.push_back(next->what);
        giving_what = "upload " + next->what.name;
        auto giving = give(joining.worker, next->what, next->bytes);
        auto state = co_await std::move(giving);
        joining.program.functions = extended(joining.program.functions, state);
      } else if (auto const* change = plugins.next(plugins_given, began)) {
        plugins_given = change->number;
        giving_what = "plugin " + change->what.name;
        auto giving = joining.worker.ask(give_plugin(change->what));
        co_await std::move(giving);
      } else {
        break;
      }
    }
  } catch (error const& problem) {
    if (equipping_.erase(joining.worker.id()) == 0) co_return;
    auto why = fmt::format("cannot take the {}: {}", giving_what, problem.what());
    log("{} may not join: it {}", joining.info.name, why);
    joining.worker.send(worker_welcome{{}, "this worker " + why});
    co_return;
  }
  // Zero where it has left meanwhile.
  if (equipping_.erase(joining.worker.id()) > 0) scheduler_.join(std::move(joining));
}

}  // namespace troupe::detail
