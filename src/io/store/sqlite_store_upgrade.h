#pragma once
// Takes a journal of an older format forward. Internal to sqlite_store.

#include "io/store/sqlite_store_db.h"

namespace cb::io {

// Brings `db` to wire::kRecordFormat, one transaction a step: a crash between two leaves a whole
// journal of the format in between. Nothing for one that is there already. Throws DbFailed when the
// disk refuses; the next commit tries again. Called before the first write of a run, never for a
// newer format (load_journal has refused it).
void upgrade_journal(Db& db);

}  // namespace cb::io
