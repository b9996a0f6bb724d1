#include "io/store/sqlite_store.h"

#include <csignal>
#include <utility>

#include "base/text.h"
#include "io/store/sqlite_store_load.h"
#include "io/store/sqlite_store_upgrade.h"
#include "wire/record_codec.h"

namespace cb::io {
namespace {

bool held_elsewhere(const DbFailed& failure) {
  return (failure.code & 0xff) == SQLITE_BUSY || (failure.code & 0xff) == SQLITE_LOCKED;
}

}  // namespace

SqliteStore::Connection::Connection(const std::filesystem::path& file, const StoreOptions& options)
    : db(file, Db::Mode::kReadWrite, options.lock_wait, options.vfs),
      rows(db, options.ledger_keep) {
  db.run("PRAGMA journal_mode=WAL");
  upgrade_journal(db);
  db.checkpoint_when_closed();
}

SqliteStore::SqliteStore(StoreOptions options)
    : options_(std::move(options)), dir_(options_.state_dir) {}

Result<SqliteStore::Opened> SqliteStore::open(StoreOptions options, Now now) {
  // Before the first use of SQLite, later it has no effect: nobody asks for its memory statistics,
  // and they take a lock at each of its allocations.
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  // A file that may not grow is then an error like a full disk, and not the end of the process.
  std::signal(SIGXFSZ, SIG_IGN);
  std::unique_ptr<SqliteStore> store(new SqliteStore(std::move(options)));
  const Status taken = store->dir_.take();
  if (store->dir_.rival()) return taken.error();
  try {
    driver::Journal journal = store->load(now);
    // Without a journal to read and a place to write one nothing can ever be launched, and what was
    // launched before is not known.
    if (!taken && !store->ours_) return taken.error();
    return Opened{std::move(store), std::move(journal)};
  } catch (const NewerFormat& newer) {
    return Error{str("the journal ", store->dir_.journal().string(),
                     " was written by a newer compute-broker (format ", newer.found,
                     ", this one reads ", wire::kRecordFormat,
                     "): install that version again, or give this one another state_dir")};
  } catch (const DbFailed& failure) {
    return Error{failure.what()};
  }
}

driver::Journal SqliteStore::load(Now now) {
  const auto file = dir_.journal();
  if (!journal_exists(file)) return {};
  try {
    check_shape(file);
    Db db(file, Db::Mode::kReadWrite, options_.lock_wait, options_.vfs);
    driver::Journal journal = load_journal(db);
    ours_ = identity_of(file);
    return journal;
  } catch (const DbFailed& failure) {
    if (held_elsewhere(failure)) throw;
    return failure.damaged() ? lost(failure, now) : load_frozen(failure, now);
  }
}

// The disk is full, or may not be written: what the journal holds can be read all the same.
driver::Journal SqliteStore::load_frozen(const DbFailed& why_not, Now now) {
  const auto file = dir_.journal();
  try {
    Db db(file, Db::Mode::kFrozen, options_.lock_wait, nullptr);
    driver::Journal journal = load_journal(db);
    ours_ = identity_of(file);
    return journal;
  } catch (const DbFailed& failure) {
    if (failure.damaged()) return lost(failure, now);
  }
  driver::Journal journal;
  journal.lost = true;
  journal.lost_why = why_not.what();
  return journal;
}

driver::Journal SqliteStore::lost(const DbFailed& why, Now now) {
  aside_as_ = "damaged";
  driver::Journal journal;
  journal.lost = true;
  journal.lost_why = str("the journal ", dir_.journal().string(), " is damaged (", why.detail, ")");
  try {
    const auto kept = set_aside(dir_.journal(), aside_as_, now.wall);
    journal.lost_why += str(", it is kept as ", kept.string());
  } catch (const DbFailed& failure) {
    journal.lost_why += str(", and cannot be set aside yet: ", failure.what());
  }
  return journal;
}

Status SqliteStore::commit(const std::vector<core::Change>& changes, Now now) {
  try {
    if (!connection_) connect(now);
    check_still_there();
    connection_->rows.write(changes, {options_.boot_id, now.boot, now.wall});
    return Done{};
  } catch (const DbFailed& failure) {
    return Error{failure.what()};
  }
}

void SqliteStore::connect(Now now) {
  const Status taken = dir_.take();
  if (!taken) throw DbFailed(SQLITE_CANTOPEN, taken.error().what);
  const auto file = dir_.journal();
  if (!ours_) {
    if (journal_exists(file)) set_aside(file, aside_as_, now.wall);
    create_journal(file, options_.vfs);
    ours_ = identity_of(file);
  }
  connection_.emplace(file, options_);
}

// Whatever is written to a file that nobody can find is lost.
void SqliteStore::check_still_there() {
  const auto file = dir_.journal();
  FileIdentity& wal = connection_->wal;
  const FileIdentity wal_now = identity_of(file.string() + "-wal");
  if (wal == FileIdentity{}) wal = wal_now;
  if (identity_of(file) == *ours_ && wal == wal_now) return;
  throw DbFailed(SQLITE_CANTOPEN,
                 str("the journal ", file.string(),
                     " or its WAL was removed or replaced while the broker ran; stop the broker "
                     "and start it again, so that it rebuilds from EC2"));
}

}  // namespace cb::io
