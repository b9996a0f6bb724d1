#include "wire/record_codec.h"

#include <utility>

#include "wire/record_fields.h"

namespace cb::wire {
namespace {

constexpr std::string_view kAttempt = "attempt", kWorker = "worker", kLaunch = "launch",
                           kClosed = "closed", kLease = "lease", kBroker = "broker";
constexpr std::string_view kOnly = "-";

// The fields of each record, in order, for both directions; the key is not among them.
template <class Io, class Record>
requires std::is_same_v<std::remove_const_t<Record>, core::AttemptRecord>
void fields(Io& io, Record& r) {
  io.field("pool", r.pool);
  io.field("account", r.account);
  io.field("region", r.region);
  io.field("market", r.market);
  io.field("type", r.type);
  io.field("image", r.image);
  io.field("request", r.request);
  io.field("begun_ms", r.begun);
  io.field("begun", r.begun_wall);
  io.field("outcome_unknown", r.outcome_unknown);
  io.field("doomed", r.doomed);
  io.field("mismatch", r.mismatch);
  io.later_field("subnet", r.subnet);
  io.field("last_call_ms", r.last_call);
  io.field("serving", r.serving);
}

template <class Io, class Record>
requires std::is_same_v<std::remove_const_t<Record>, core::WorkerRecord>
void fields(Io& io, Record& r) {
  io.field("pool", r.pool);
  io.field("token", r.token);
  io.field("account", r.account);
  io.field("region", r.region);
  io.field("market", r.market);
  io.field("type", r.type);
  io.field("image", r.image);
  io.field("zone", r.zone);
  io.field("address", r.address);
  io.field("phase", r.phase);
  io.field("begun_ms", r.begun);
  io.field("launched", r.launched);
  io.field("boot_ms", r.boot);
  io.field("last_used_ms", r.last_used);
  io.field("end_reason", r.end_reason);
  io.later_field("former_owner", r.former_owner);
  io.field("doubted_ms", r.doubted);
  io.later_field("asked_image", r.asked_image);
  io.later_field("subnet", r.subnet);
  io.field("serving", r.serving);
}

template <class Io, class Record>
requires std::is_same_v<std::remove_const_t<Record>, core::LaunchStamp>
void fields(Io& io, Record& r) {
  io.field("at_ms", r.at);
}

template <class Io, class Record>
requires std::is_same_v<std::remove_const_t<Record>, core::ClosedAttempt>
void fields(Io& io, Record& r) {
  io.field("pool", r.pool);
  io.field("at_ms", r.at);
  io.later_field("image", r.image);
  io.later_field("subnet", r.subnet);
  io.later_field("doomed", r.doomed);
  io.later_field("region", r.region);
}

template <class Io, class Record>
requires std::is_same_v<std::remove_const_t<Record>, core::LeaseRecord>
void fields(Io& io, Record& r) {
  io.field("worker", r.worker);
  io.field("client", r.client);
  io.field("since_ms", r.since);
  io.field("held_until_ms", r.held_until);
  io.later_field("cores", r.cores);
  io.later_field("alone", r.alone);
}

template <class Io, class Record>
requires std::is_same_v<std::remove_const_t<Record>, core::BrokerRecord>
void fields(Io& io, Record& r) {
  io.field("nonce", r.nonce);
  io.field("next_attempt", r.next_attempt);
  io.field("account", r.account);
  io.field("region", r.region);
  io.field("terminated_all", r.terminated_all);
}

template <class Record>
RecordRow put(std::string_view kind, std::string key, const Record& record) {
  FieldWriter writer;
  fields(writer, record);
  return {kind, std::move(key), writer.take()};
}

struct Encode {
  using Row = std::optional<RecordRow>;
  Row operator()(const core::AttemptRecord& r) { return put(kAttempt, write_value(r.token), r); }
  Row operator()(const core::WorkerRecord& r) { return put(kWorker, write_value(r.id), r); }
  Row operator()(const core::LedgerRecord&) { return {}; }
  Row operator()(const core::LaunchStamp& r) { return put(kLaunch, write_value(r.token), r); }
  Row operator()(const core::ClosedAttempt& r) { return put(kClosed, write_value(r.token), r); }
  Row operator()(const core::LeaseRecord& r) { return put(kLease, to_text(r.id), r); }
  Row operator()(const core::BrokerRecord& r) { return put(kBroker, std::string(kOnly), r); }
  Row operator()(const core::DropAttempt& r) { return drop(kAttempt, write_value(r.token)); }
  Row operator()(const core::DropWorker& r) { return drop(kWorker, write_value(r.id)); }
  Row operator()(const core::DropLaunchStamp& r) { return drop(kLaunch, write_value(r.token)); }
  Row operator()(const core::DropClosedAttempt& r) { return drop(kClosed, write_value(r.token)); }
  Row operator()(const core::DropLease& r) { return drop(kLease, to_text(r.id)); }
  static Row drop(std::string_view kind, std::string key) {
    return RecordRow{kind, std::move(key), {}};
  }
};

template <class Record, class Id>
Record keyed(Id Record::*key, const std::string& value) {
  Record record;
  (record.*key).value = value;
  return record;
}

template <class Record>
Result<core::Change> read(Record record, std::string_view kind, std::string_view key,
                          std::string_view body) {
  FieldReader reader(body);
  fields(reader, record);
  const std::string trouble = reader.trouble();
  if (trouble.empty()) return core::Change{std::move(record)};
  return Error{str("record ", kind, " ", escape_field(key), " cannot be read: ", trouble)};
}

}  // namespace

std::optional<RecordRow> encode_record(const core::Change& change) {
  return std::visit(Encode{}, change);
}

Result<core::Change> decode_record(std::string_view kind, std::string_view key,
                                   std::string_view body) {
  std::string id;
  if (!read_value(key, id) || write_value(id) != key) {
    return Error{str("a record's key cannot be read: ", escape_field(key))};
  }
  if (kind == kAttempt) return read(keyed(&core::AttemptRecord::token, id), kind, key, body);
  if (kind == kWorker) return read(keyed(&core::WorkerRecord::id, id), kind, key, body);
  if (kind == kLaunch) return read(keyed(&core::LaunchStamp::token, id), kind, key, body);
  if (kind == kClosed) return read(keyed(&core::ClosedAttempt::token, id), kind, key, body);
  if (kind == kLease) {
    const auto lease = parse_lease_id(id);
    if (lease) return read(core::LeaseRecord{.id = *lease}, kind, key, body);
  }
  if (kind == kBroker && key == kOnly) return read(core::BrokerRecord{}, kind, key, body);
  return Error{str("record ", escape_field(kind), " ", escape_field(key), " is of no known kind")};
}

std::int64_t record_sum(std::string_view kind, std::string_view key, std::string_view body) {
  std::uint64_t sum = 0xcbf29ce484222325ULL;
  const auto add = [&](unsigned char byte) { sum = (sum ^ byte) * 0x100000001b3ULL; };
  for (const std::string_view part : {kind, key, body}) {
    for (const char c : part) add(static_cast<unsigned char>(c));
    add(0xff);  // never a byte of UTF-8: parts do not run into each other
  }
  return static_cast<std::int64_t>(sum);
}

}  // namespace cb::wire
