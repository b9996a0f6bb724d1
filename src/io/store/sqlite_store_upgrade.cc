#include "io/store/sqlite_store_upgrade.h"

#include <iterator>

#include "base/text.h"
#include "io/store/sqlite_store_load.h"
#include "wire/record_codec.h"

namespace cb::io {
namespace {

// kSteps[n] leads from format n + 1 to n + 2. Fields that a record gained are read as absent
// (FieldReader::later_field) and written with its next change: they need no SQL here, only a
// number, so that an older broker refuses what it could not read.
constexpr const char* kSteps[] = {
    "",  // 2: later fields of workers, attempts and closed attempts
    "",  // 3: leases
    "",  // 4: subnets of workers and closed attempts, and which of these TERMINATE_ALL has doomed
    "",  // 5: what leases asked for; when TERMINATE_ALL came within a warm window
    "",  // 6: regions of closed attempts
};
static_assert(std::size(kSteps) + 1 == wire::kRecordFormat, "a format without its step");

void take_step(Db& db, std::int64_t from) {
  db.run(str("BEGIN IMMEDIATE; ", kSteps[from - 1], "; UPDATE meta SET value = '", from + 1,
             "' WHERE name = 'format'; COMMIT")
             .c_str());
}

}  // namespace

void upgrade_journal(Db& db) {
  for (auto format = format_of(db); format < wire::kRecordFormat; ++format) {
    try {
      take_step(db, format);
    } catch (const DbFailed&) {
      if (db.in_transaction()) db.run("ROLLBACK");
      throw;
    }
  }
}

}  // namespace cb::io
