#include "io/store/sqlite_store_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <string>

#include "base/text.h"
#include "io/net/unique_fd.h"
#include "io/store/sqlite_store_load.h"
#include "wire/record_codec.h"

namespace cb::io {
namespace {

namespace fs = std::filesystem;

// Columns that a person queries are plain text and numbers; what only the broker reads is a body
// with a sum. docs/state.md describes them.
// Small pages: a commit changes a few short records, and each page of them is written whole.
constexpr const char* kSchema = R"(
PRAGMA page_size=1024;
BEGIN;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE clock (one INTEGER PRIMARY KEY CHECK (one = 1), boot_id TEXT NOT NULL,
                    boot_ms INTEGER NOT NULL, wall TEXT NOT NULL, sum INTEGER NOT NULL);
CREATE TABLE records (kind TEXT, key TEXT, body TEXT NOT NULL, sum INTEGER NOT NULL,
                      PRIMARY KEY (kind, key)) WITHOUT ROWID;
CREATE TABLE ledger (instance TEXT PRIMARY KEY, pool TEXT NOT NULL, account TEXT NOT NULL,
                     region TEXT NOT NULL, market TEXT NOT NULL, type TEXT NOT NULL,
                     zone TEXT NOT NULL, launched TEXT NOT NULL, ended TEXT,
                     seconds INTEGER AS (unixepoch(ended) - unixepoch(launched)),
                     end_reason TEXT NOT NULL, handed_out INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX ledger_by_end ON ledger (ended) WHERE ended IS NOT NULL;
)";

// https://www.sqlite.org/fileformat.html, section 1.3
constexpr std::uintmax_t kSmallestPage = 512;

[[noreturn]] void fail(const fs::path& file, int code) {
  const int error = errno;
  throw DbFailed(code, explain(file, code, error, "the file system refuses"));
}

fs::path beside(const fs::path& file, std::string_view suffix) {
  return file.string() + std::string(suffix);
}

void remove_all_of(const fs::path& file) {
  std::error_code ignored;  // what cannot be removed is found by O_EXCL
  for (const auto* suffix : {"", "-wal", "-shm", "-journal"}) {
    fs::remove(beside(file, suffix), ignored);
  }
}

void sync(const fs::path& path, int flags) {
  const UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) fail(path, SQLITE_IOERR);
}

void fill(const fs::path& file, const char* vfs) {
  Db db(file, Db::Mode::kReadWrite, Duration{0}, vfs);
  db.run(kSchema);
  Statement(db, "INSERT INTO meta VALUES ('format', ?)")
      .bind(std::int64_t{wire::kRecordFormat})
      .run();
  db.run("COMMIT; PRAGMA journal_mode=WAL");
  db.checkpoint_when_closed();
}

}  // namespace

void create_journal(const fs::path& file, const char* vfs) {
  const fs::path fresh = beside(file, ".new");
  remove_all_of(fresh);
  {
    const UniqueFd fd(::open(fresh.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!fd) fail(file, SQLITE_CANTOPEN);
  }
  try {
    fill(fresh, vfs);
    sync(fresh, O_RDONLY);
    if (::rename(fresh.c_str(), file.c_str()) != 0) fail(file, SQLITE_CANTOPEN);
    sync(file.parent_path(), O_RDONLY | O_DIRECTORY);
  } catch (...) {
    remove_all_of(fresh);
    throw;
  }
}

bool journal_exists(const fs::path& file) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(file, error))) return true;
  const auto size = fs::file_size(beside(file, "-wal"), error);
  return !error && size != 0;
}

void check_shape(const fs::path& file) {
  std::error_code error;
  const auto damaged = [](const char* why) { throw DbFailed(SQLITE_CORRUPT, why, why); };
  const auto size = fs::file_size(file, error);
  if (error == std::errc::no_such_file_or_directory) {
    damaged("its database is gone, and its WAL is there");
  }
  if (error) return;  // opening it will tell
  if (size < kSmallestPage) damaged("it is cut short");
  // Beside a WAL the last page may be torn by a crash: the WAL has it too.
  const auto wal = fs::file_size(beside(file, "-wal"), error);
  if (!error && wal != 0) return;
  unsigned char header[18] = {};
  std::ifstream(file, std::ios::binary).read(reinterpret_cast<char*>(header), sizeof header);
  const unsigned page = header[16] * 256U + header[17];
  if (page >= kSmallestPage && size % page != 0) damaged("it is cut short");
}

fs::path set_aside(const fs::path& file, std::string_view why, WallTime when) {
  std::string time = iso8601(when);
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  const std::string wanted = str(file.string(), '.', why, '-', time);
  fs::path kept = wanted;
  for (int n = 2; journal_exists(kept); ++n) kept = str(wanted, '-', n);
  for (const auto* suffix : {"", "-wal", "-shm", "-journal"}) {
    const fs::path from = beside(file, suffix), to = beside(kept, suffix);
    if (::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) fail(file, SQLITE_CANTOPEN);
  }
  sync(file.parent_path(), O_RDONLY | O_DIRECTORY);
  return kept;
}

FileIdentity identity_of(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino};
}

}  // namespace cb::io
