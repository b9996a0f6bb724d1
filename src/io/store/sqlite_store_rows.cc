#include "io/store/sqlite_store_rows.h"

#include <variant>

#include "io/store/sqlite_store_load.h"
#include "wire/record_codec.h"
#include "wire/record_fields.h"

namespace cb::io {

StoreRows::StoreRows(Db& db, Duration ledger_keep)
    : db_(db),
      ledger_keep_(ledger_keep),
      begin_(db, "BEGIN IMMEDIATE"),
      commit_(db, "COMMIT"),
      rollback_(db, "ROLLBACK"),
      put_(db, "REPLACE INTO records (kind, key, body, sum) VALUES (?, ?, ?, ?)"),
      drop_(db, "DELETE FROM records WHERE kind = ? AND key = ?"),
      put_ledger_(db, R"(REPLACE INTO ledger (instance, pool, account, region, market, type, zone,
                         launched, ended, end_reason, handed_out)
                         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?))"),
      // A few at a time: a commit stays short, and a calendar that was wrong for a moment has not
      // emptied the ledger.
      prune_ledger_(db, R"(DELETE FROM ledger WHERE instance IN
                           (SELECT instance FROM ledger WHERE ended < ? ORDER BY ended LIMIT 4))"),
      put_clock_(db, R"(REPLACE INTO clock (one, boot_id, boot_ms, wall, sum)
                        VALUES (1, ?, ?, ?, ?))") {}

void StoreRows::write(const std::vector<core::Change>& changes, const driver::SavedClock& clock) {
  abandon();
  begin_.run();
  try {
    // Every launch of a batch has one: the last of them says it all.
    const core::Change* last_of_broker = nullptr;
    for (const core::Change& change : changes) {
      if (const auto* line = std::get_if<core::LedgerRecord>(&change)) {
        write_ledger(*line, clock.wall);
      } else if (std::holds_alternative<core::BrokerRecord>(change)) {
        last_of_broker = &change;
      } else {
        write_record(change);
      }
    }
    if (last_of_broker != nullptr) write_record(*last_of_broker);
    write_clock(clock);
    commit_.run();
  } catch (const DbFailed&) {
    abandon();
    throw;
  }
}

// Some errors end the transaction by themselves; after others even this fails, until the disk works
// again.
void StoreRows::abandon() {
  if (!db_.in_transaction()) return;
  try {
    rollback_.run();
  } catch (const DbFailed&) {
    rollback_.reset();
  }
}

void StoreRows::write_record(const core::Change& change) {
  const auto row = wire::encode_record(change);
  if (row->body) {
    put_.bind(row->kind, row->key, *row->body, wire::record_sum(row->kind, row->key, *row->body))
        .run();
  } else {
    drop_.bind(row->kind, row->key).run();
  }
}

void StoreRows::write_ledger(const core::LedgerRecord& line, WallTime now) {
  const auto write = [&](const auto& ended) {
    put_ledger_
        .bind(line.id.value, line.pool.value, line.account, line.region,
              core::to_string(line.market), line.type, line.zone, wire::write_value(line.launched),
              ended, line.end_reason, static_cast<std::int64_t>(line.handed_out))
        .run();
  };
  if (!line.ended) return write(nullptr);
  write(wire::write_value(*line.ended));
  prune_ledger_.bind(wire::write_value(now - ledger_keep_)).run();
}

void StoreRows::write_clock(const driver::SavedClock& clock) {
  put_clock_
      .bind(clock.boot_id, clock.boot.time_since_epoch().count(), wire::write_value(clock.wall),
            clock_sum(clock))
      .run();
}

}  // namespace cb::io
