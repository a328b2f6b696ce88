#include <troupe/actors/functions/registry.hpp>
#include <troupe/actors/remote/internal/wire.hpp>
#include <troupe/futures/errors.hpp>

#include <algorithm>
#include <utility>

namespace troupe::detail {
namespace {

enum class error_kind : std::uint8_t { other, of_task, cancelled, closed, gone };

struct error_record_on_wire {
  error_kind kind = error_kind::other;
  std::string text;
  std::string type_name;
  std::string function;
  std::string key;
  std::string worker;
  int attempt = 0;
};

error_record_on_wire describe_error(std::exception_ptr const& problem) {
  try {
    std::rethrow_exception(problem);
  } catch (task_error const& e) {
    return {error_kind::of_task, e.message(), e.type_name(), e.function(), e.key(), e.worker(), e.attempt()};
  } catch (cancelled_error const& e) {
    return {error_kind::cancelled, e.reason(), {}, {}, {}, {}, 0};
  } catch (client_closed const& e) {
    return {error_kind::closed, e.what(), {}, {}, {}, {}, 0};
  } catch (actor_gone const& e) {
    return {error_kind::gone, e.what(), {}, {}, {}, {}, 0};
  } catch (...) {
    return {error_kind::other, troupe::describe(problem), {}, {}, {}, {}, 0};
  }
}

}  // namespace

std::span<std::uint32_t const> functions_told::write(encoder& out, std::span<call_ptr const> calls) {
  std::vector<function_description> fresh;
  of_calls_.clear();
  for (auto const& call : calls) {
    auto next = std::uint32_t(numbers_.size());
    auto [at, added] = numbers_.try_emplace(&call->function(), next);
    if (added) fresh.push_back(describe(call->function()));
    of_calls_.push_back(at->second);
  }
  encode(out, fresh);
  return of_calls_;
}

void functions_told::keep(std::size_t count) {
  boost::unordered::erase_if(numbers_, [&](auto const& one) { return one.second >= count; });
}

void functions_heard::read(decoder& in) {
  for (auto const& description : decode<std::vector<function_description>>(in))
    functions_.push_back(&foreign_function(description));
}

function_info const& functions_heard::at(std::uint64_t number) const {
  if (number >= functions_.size()) throw codec_error("a call of a function that was never named on this link");
  return *functions_[number];
}

void wire_writer::put(packet const& p) {
  out_.write_binary(p.head.bytes());
  out_.write_uint(p.attachments.size());
  attachments_.insert(attachments_.end(), p.attachments.begin(), p.attachments.end());
}

void wire_writer::put(value_ptr const& value) {
  out_.write_bool(bool(value));
  if (!value) return;
  out_.write_uint(value->nbytes());
  put(pack(value));
}

std::string describe_caught() {
  auto text = troupe::describe(std::current_exception());
  return text.empty() ? "it cannot be encoded" : text;
}

void wire_writer::put(std::exception_ptr const& error) { encode(out_, describe_error(error)); }

void wire_writer::put_short(std::exception_ptr const& error) {
  constexpr std::size_t longest_name = 256;
  auto record = describe_error(error);
  record.text.resize(std::min(record.text.size(), longest_problem));
  for (auto* name : {&record.type_name, &record.function, &record.key, &record.worker})
    name->resize(std::min(name->size(), longest_name));
  encode(out_, record);
}

void wire_writer::put(functions_told& told, std::span<call_ptr const> calls) {
  auto numbers = told.write(out_, calls);
  out_.write_array(calls.size());
  for (std::size_t i = 0; i < calls.size(); ++i) {
    auto const& call = *calls[i];
    out_.write_uint(numbers[i]);
    out_.write_string(call.task_name());
    out_.write_uint(call.task_number());
    put(pack(calls[i]));
  }
}

packet wire_reader::get_packet() {
  packet p;
  auto bytes = in_.read_binary();
  if (!bytes.empty()) {
    if (kept_.empty()) kept_ = buffer::copy_of(body_);
    p.head = kept_.part(std::size_t(bytes.data() - body_.data()), bytes.size());
  }
  auto count = in_.read_uint();
  if (count > attachments_.size() - next_attachment_) throw codec_error("a message lacks attachments that it names");
  for (std::uint64_t i = 0; i < count; ++i) p.attachments.push_back(std::move(attachments_[next_attachment_++]));
  return p;
}

buffer wire_reader::get_attachment() {
  if (next_attachment_ == attachments_.size()) throw codec_error("a message lacks attachments that it names");
  return std::move(attachments_[next_attachment_++]);
}

value_ptr wire_reader::get_value() {
  if (!in_.read_bool()) return nullptr;
  auto nbytes = in_.read_uint();
  return make_encoded_value(get_packet(), nbytes);
}

std::exception_ptr wire_reader::get_error() {
  auto e = decode<error_record_on_wire>(in_);
  switch (e.kind) {
    case error_kind::of_task:
      return std::make_exception_ptr(
          task_error(std::move(e.type_name), std::move(e.text),
                     {std::move(e.function), std::move(e.key), std::move(e.worker), e.attempt}));
    case error_kind::cancelled:
      return std::make_exception_ptr(cancelled_error(std::move(e.text)));
    case error_kind::closed:
      return std::make_exception_ptr(client_closed(e.text));
    case error_kind::gone:
      return std::make_exception_ptr(actor_gone(e.text));
    case error_kind::other:
      break;
  }
  return std::make_exception_ptr(error(e.text));
}

std::vector<call_ptr> wire_reader::get_calls(functions_heard& heard) {
  heard.read(in_);
  std::vector<call_ptr> calls;
  auto count = in_.read_array();
  calls.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto const& function = heard.at(in_.read_uint());
    std::string name(in_.read_string());
    auto number = std::uint32_t(in_.read_uint(UINT32_MAX));
    auto call = make_encoded_call(function, get_packet());
    call->name_task(std::move(name), number);
    calls.push_back(std::move(call));
  }
  return calls;
}

void wire_reader::expect_end() const {
  in_.expect_end();
  if (next_attachment_ != attachments_.size()) throw codec_error("a message has attachments that nothing in it names");
}

}  // namespace troupe::detail
