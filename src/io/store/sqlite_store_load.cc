#include "io/store/sqlite_store_load.h"

#include <string>
#include <utility>

#include "base/text.h"
#include "wire/record_codec.h"
#include "wire/record_fields.h"

namespace cb::io {
namespace {

// SQLite's own check of every page and index: 8 ms for 10,000 lines of history.
void check_pages(Db& db) {
  Statement statement(db, "PRAGMA quick_check(1)");
  if (!statement.next()) db.damaged("it cannot be checked");
  if (statement.text(0) != "ok") db.damaged(statement.text(0));
}

core::Records load_records(Db& db) {
  core::Records records;
  Statement statement(db, "SELECT kind, key, body, sum FROM records");
  while (statement.next()) {
    const std::string kind(statement.text(0)), key(statement.text(1)), body(statement.text(2));
    if (wire::record_sum(kind, key, body) != statement.number(3)) {
      db.damaged(str("record ", kind, ' ', key, " was changed"));
    }
    const auto change = wire::decode_record(kind, key, body);
    if (!change) db.damaged(change.error().what);
    records.apply(*change);
  }
  return records;
}

void load_open_ledger(Db& db, core::Records& records) {
  Statement statement(db, R"(SELECT instance, pool, account, region, market, type, zone, launched,
                             end_reason, handed_out FROM ledger WHERE ended IS NULL)");
  while (statement.next()) {
    core::LedgerRecord line;
    line.id.value = statement.text(0);
    line.pool.value = statement.text(1);
    line.account = statement.text(2);
    line.region = statement.text(3);
    line.type = statement.text(5);
    line.zone = statement.text(6);
    line.end_reason = statement.text(8);
    line.handed_out = static_cast<std::uint64_t>(statement.number(9));
    if (!wire::read_value(statement.text(4), line.market) ||
        !wire::read_value(statement.text(7), line.launched)) {
      db.damaged(str("the ledger's line of ", line.id.value, " cannot be read"));
    }
    records.apply(line);
  }
}

std::optional<driver::SavedClock> load_clock(Db& db) {
  Statement statement(db, "SELECT boot_id, boot_ms, wall, sum FROM clock");
  if (!statement.next()) return {};
  driver::SavedClock clock;
  clock.boot_id = statement.text(0);
  const bool readable = wire::read_value(statement.text(1), clock.boot) &&
                        wire::read_value(statement.text(2), clock.wall);
  if (!readable || clock_sum(clock) != statement.number(3)) db.damaged("its clock was changed");
  return clock;
}

}  // namespace

std::int64_t format_of(Db& db) {
  Statement statement(db, "SELECT value FROM meta WHERE name = 'format'");
  const auto format = statement.next() ? parse_int(statement.text(0)) : std::nullopt;
  if (!format || *format < 1) db.damaged("it names no format");
  return *format;
}

driver::Journal load_journal(Db& db) {
  const auto format = format_of(db);
  if (format > wire::kRecordFormat) throw NewerFormat{format};
  check_pages(db);
  driver::Journal journal;
  journal.records = load_records(db);
  load_open_ledger(db, journal.records);
  journal.clock = load_clock(db);
  return journal;
}

std::int64_t clock_sum(const driver::SavedClock& clock) {
  return wire::record_sum(clock.boot_id, wire::write_value(clock.boot),
                          wire::write_value(clock.wall));
}

}  // namespace cb::io
