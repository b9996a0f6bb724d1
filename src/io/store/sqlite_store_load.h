#pragma once
// Reads a journal whole and trusts nothing in it. Internal to sqlite_store.

#include <cstdint>

#include "driver/recovery.h"
#include "io/store/sqlite_store_db.h"

namespace cb::io {

// Written by a newer compute-broker: not ours to touch.
struct NewerFormat {
  std::int64_t found;
};

// What its meta table says. Throws DbFailed, damaged() when it names none.
std::int64_t format_of(Db& db);

// Checks `db` and reads its records, its clock and the open lines of its ledger. Throws DbFailed,
// damaged() when the file is not a whole journal, and NewerFormat. Writes nothing.
driver::Journal load_journal(Db& db);

// The sum that the clock's row carries.
std::int64_t clock_sum(const driver::SavedClock& clock);

}  // namespace cb::io
