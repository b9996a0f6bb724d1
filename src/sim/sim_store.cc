#include "sim/sim_store.h"

#include "base/check.h"
#include "sim/contents.h"
#include "wire/record_codec.h"

namespace cb::sim {

void SimStore::write(const core::Change& change) {
  records_.apply(change);
  if (const auto* line = std::get_if<core::LedgerRecord>(&change)) {
    ledger_[line->id] = *line;
    fold(ground_.timeline, *line);
  }
  auto row = wire::encode_record(change);
  if (!row) return;
  ground_.timeline.fold(row->kind, row->key, row->body.value_or("gone"));
  const std::pair key{std::string(row->kind), std::move(row->key)};
  if (row->body) {
    rows_[key] = std::move(*row->body);
  } else {
    rows_.erase(key);
  }
}

Status SimStore::commit(const std::vector<core::Change>& changes, Now now) {
  crasher_.reached(CrashPoint::kBeforeCommit);
  ground_.tell([&](Watcher& watcher) { watcher.decided(changes); });
  if (ground_.holds(Fault::kDiskFull)) {
    ground_.timeline.note("journal is full");
    behind_ = true;
    ground_.tell([](Watcher& watcher) { watcher.commit_failed(); });
    return Error{"no space left on the device"};
  }
  for (const core::Change& change : changes) write(change);
  clock_ = driver::SavedClock{ground_.clock.boot_id(), now.boot, now.wall};
  ground_.timeline.fold("committed", changes.size(), clock_->boot_id,
                        now.boot.time_since_epoch().count(), now.wall.time_since_epoch().count());
  last_commit_ = ground_.now();
  lost_ = behind_ = false;
  ground_.tell([&](Watcher& watcher) { watcher.committed(changes); });
  crasher_.reached(CrashPoint::kAfterCommit);
  return Done{};
}

driver::Journal SimStore::load() const {
  driver::Journal journal{.records = {}, .clock = clock_, .lost = lost_, .lost_why = {}};
  if (lost_) journal.lost_why = "the journal was damaged and set aside";
  for (const auto& [key, body] : rows_) {
    const auto change = wire::decode_record(key.first, key.second, body);
    if (!change) throw CheckFailed("the journal holds what cannot be read: " + change.error().what);
    journal.records.apply(*change);
  }
  journal.records.open_ledger = records_.open_ledger;
  CHECK(journal.records == records_);
  return journal;
}

void SimStore::lose_everything() {
  rows_.clear();
  records_ = {};
  ledger_.clear();
  clock_.reset();
  last_commit_.reset();
  lost_ = true;
}

}  // namespace cb::sim
