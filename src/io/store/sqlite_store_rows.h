#pragma once
// Writes changes into an open journal: the statements, prepared once. Internal to sqlite_store.

#include <vector>

#include "core/model/record.h"
#include "driver/recovery.h"
#include "io/store/sqlite_store_db.h"

namespace cb::io {

class StoreRows {
 public:
  // `db` must outlive this. Finished ledger lines go when they ended more than `ledger_keep` ago.
  StoreRows(Db& db, Duration ledger_keep);

  // All of it in one transaction, or none of it. Throws DbFailed; may be called again after that.
  void write(const std::vector<core::Change>& changes, const driver::SavedClock& clock);

 private:
  void abandon();
  void write_record(const core::Change& change);
  void write_ledger(const core::LedgerRecord& line, WallTime now);
  void write_clock(const driver::SavedClock& clock);

  Db& db_;
  Duration ledger_keep_;
  Statement begin_, commit_, rollback_, put_, drop_, put_ledger_, prune_ledger_, put_clock_;
};

}  // namespace cb::io
