#include "sim/world/sim_store.h"

#include <algorithm>

#include "base/check.h"
#include "sim/world/contents.h"
#include "wire/record_codec.h"

namespace cb::sim {

void SimStore::write(const core::Change& change) {
  file_.records.apply(change);
  if (const auto* line = std::get_if<core::LedgerRecord>(&change)) {
    file_.ledger[line->id] = *line;
    fold(ground_.timeline, *line);
  }
  put_row(change);
}

void SimStore::put_row(const core::Change& change) {
  auto row = wire::encode_record(change);
  if (!row) return;
  ground_.timeline.fold(row->kind, row->key, row->body.value_or("gone"));
  const std::pair key{std::string(row->kind), std::move(row->key)};
  if (row->body) {
    file_.rows[key] = std::move(*row->body);
  } else {
    file_.rows.erase(key);
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
  file_.clock = driver::SavedClock{ground_.clock.boot_id(), now.boot, now.wall};
  ground_.timeline.fold("committed", changes.size(), file_.clock->boot_id,
                        now.boot.time_since_epoch().count(), now.wall.time_since_epoch().count());
  file_.last_commit = ground_.turn.at;
  lost_ = behind_ = false;
  ground_.tell([&](Watcher& watcher) { watcher.committed(changes); });
  crasher_.reached(CrashPoint::kAfterCommit);
  return Done{};
}

driver::Journal SimStore::load() const {
  driver::Journal journal{.records = {}, .clock = file_.clock, .lost = lost_, .lost_why = {}};
  if (lost_) journal.lost_why = "the journal was damaged and set aside";
  for (const auto& [key, body] : file_.rows) {
    const auto change = wire::decode_record(key.first, key.second, body);
    if (!change) throw CheckFailed("the journal holds what cannot be read: " + change.error().what);
    journal.records.apply(*change);
  }
  journal.records.open_ledger = file_.records.open_ledger;
  CHECK(journal.records == file_.records);
  return journal;
}

void SimStore::lose_everything() {
  file_ = {};
  lost_ = true;
}

void SimStore::back_up() {
  if (file_.last_commit) backup_ = file_;
}

void SimStore::restore() {
  CHECK(backup_);
  file_ = *backup_;
  lost_ = false;
  behind_ = false;
}

bool SimStore::names_none_but(const std::string& region) const {
  const auto is_there = [&](const auto& entry) { return entry.second.region == region; };
  const core::Records& all = file_.records;
  return (!all.workers.empty() || !all.attempts.empty()) &&
         std::all_of(all.workers.begin(), all.workers.end(), is_there) &&
         std::all_of(all.attempts.begin(), all.attempts.end(), is_there) &&
         std::all_of(all.closed.begin(), all.closed.end(), is_there);
}

void SimStore::forget_regions() {
  for (auto& [id, record] : file_.records.workers) {
    record.region.clear();
    put_row(record);
  }
  for (auto& [token, record] : file_.records.attempts) {
    record.region.clear();
    put_row(record);
  }
  for (auto& [token, record] : file_.records.closed) {
    record.region.clear();
    put_row(record);
  }
}

}  // namespace cb::sim
