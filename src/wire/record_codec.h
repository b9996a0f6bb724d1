#pragma once
// The journal's records as text: `name=value` lines that a person can read in the sqlite3 shell,
// and that decode to exactly what was encoded. No sockets, no files; thread-safe.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "core/model/record.h"

namespace cb::wire {

// Goes up with every change of what is below, so that an older broker never reads half a record.
// Older formats stay readable: io/store/sqlite_store_upgrade.cc has the step from each to the next.
inline constexpr int kRecordFormat = 6;

// One row of the journal. Key and body are printable, without control characters but for the
// newline after each line of a body; both are UTF-8.
struct RecordRow {
  std::string_view kind;  // "attempt", "worker", "launch", "closed", "lease", "broker"
  std::string key;        // the token or instance id, escaped; "-" for the one of its kind
  std::optional<std::string> body;  // unset: the row goes
  bool operator==(const RecordRow&) const = default;
};

// Unset for a ledger line: those have columns of their own in the store. Calendar times are held
// to the years 0 to 9999.
std::optional<RecordRow> encode_record(const core::Change& change);

// The put that encode_record wrote. Strict: an unknown kind, a field that is missing, unknown, out
// of order or out of range is an error that names it. Any bytes are safe to give.
Result<core::Change> decode_record(std::string_view kind, std::string_view key,
                                   std::string_view body);

// FNV-1a over all three, saved beside them: SQLite itself does not notice a changed bit in a value.
std::int64_t record_sum(std::string_view kind, std::string_view key, std::string_view body);

}  // namespace cb::wire
