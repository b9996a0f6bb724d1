#pragma once
// The journal on disk: SQLite in WAL mode, one transaction a commit, on the platter (fsync) before
// commit returns. docs/state.md says what is in it. Used by the driver's thread alone.

#include <memory>
#include <optional>
#include <string>

#include "driver/recovery.h"
#include "io/store/sqlite_store_db.h"
#include "io/store/sqlite_store_files.h"
#include "io/store/sqlite_store_rows.h"
#include "io/store/state_dir.h"
#include "port/ports.h"

namespace cb::io {

struct StoreOptions {
  std::filesystem::path state_dir;
  std::string boot_id;                     // io/clock/clock.h; saved with every commit
  Duration ledger_keep = hours{24 * 365};  // finished ledger lines
  // How long a commit waits for another program that writes the journal (an administrator's
  // sqlite3), and with it the whole broker.
  Duration lock_wait = milliseconds{250};
  const char* vfs = nullptr;  // SQLite's file layer; null: its default
};

class SqliteStore final : public port::Store {
 public:
  struct Opened {
    std::unique_ptr<SqliteStore> store;
    driver::Journal journal;
  };
  // Locks the state directory and reads the journal. An error means: do not start (another broker
  // holds the directory, or a newer version wrote the journal, which is left as it is). Everything
  // else starts: a damaged journal is set aside and `journal.lost` says so; where nothing can be
  // written, what could be read is given and commit() fails until the disk works. The process
  // ignores SIGXFSZ from then on.
  static Result<Opened> open(StoreOptions options, Now now);

  // An error is one sentence that names the file and what to do; the store stays usable, and the
  // next commit tries again from the start.
  Status commit(const std::vector<core::Change>& changes, Now now) override;

 private:
  struct Connection {
    Connection(const std::filesystem::path& file, const StoreOptions& options);

    Db db;
    StoreRows rows;
    FileIdentity wal;  // once something was written
  };
  explicit SqliteStore(StoreOptions options);

  driver::Journal load(Now now);
  driver::Journal load_frozen(const DbFailed& why_not, Now now);
  driver::Journal lost(const DbFailed& why, Now now);
  void connect(Now now);
  void check_still_there();

  StoreOptions options_;
  StateDir dir_;
  std::optional<FileIdentity> ours_;  // the file that was loaded or made
  std::string aside_as_ = "unread";   // what a file that is not ours is renamed to
  std::optional<Connection> connection_;
};

}  // namespace cb::io
