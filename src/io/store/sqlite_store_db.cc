#include "io/store/sqlite_store_db.h"

#include <cerrno>
#include <cstring>

#include "base/text.h"

namespace cb::io {
namespace {

// SQLite's own code for it, since it may stand beside any of our sentences.
constexpr int kDamaged = SQLITE_CORRUPT;

bool full(int code, int system_error) {
  return (code & 0xff) == SQLITE_FULL || system_error == ENOSPC || system_error == EDQUOT;
}

std::string uri(const std::filesystem::path& file, std::string_view parameters) {
  std::string out = "file:";
  for (const char c : file.string()) {
    if (c == '?' || c == '#' || c == '%') {
      out += str('%', hex({&c, 1}));
    } else {
      out += c;
    }
  }
  return str(out, '?', parameters);
}

// A WAL that holds something needs an index, which without a writable directory is kept in memory;
// SQLite does that for the only user of a file, and asks for no lock in the file layer unix-none.
std::string frozen_uri(const std::filesystem::path& file) {
  std::error_code none;
  const auto size = std::filesystem::file_size(file.string() + "-wal", none);
  const bool wal = !none && size != 0;
  return uri(file, wal ? "mode=ro&vfs=unix-none" : "mode=ro&immutable=1");
}

}  // namespace

bool DbFailed::damaged() const {
  const int primary = code & 0xff;
  // SQLITE_ERROR: a table or column is missing, so that it is not the file we made.
  return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || primary == SQLITE_ERROR ||
         primary == SQLITE_SCHEMA || primary == SQLITE_MISMATCH || primary == SQLITE_CONSTRAINT;
}

std::string explain(const std::filesystem::path& file, int code, int system_error,
                    std::string_view detail) {
  const std::string journal = str("the journal ", file.string(), " ");
  const std::string system = system_error == 0 ? "" : str(": ", std::strerror(system_error));
  if (full(code, system_error)) {
    return str(journal, "could not be written, its disk is full", system,
               "; make room on that disk");
  }
  if (system_error == EFBIG) {
    return str(journal, "may not grow", system,
               "; raise the limit of this process (ulimit -f, LimitFSIZE=)");
  }
  switch (code & 0xff) {
    case SQLITE_READONLY:
      return str(journal, "may not be written", system,
                 "; make its disk writable, or set another state_dir");
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return str(journal, "could not be opened", system,
                 "; look at the owner and the rights of its directory, and whether its disk is "
                 "writable");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return str(journal, "is held by another program; close it there (an open sqlite3 shell?)");
    case SQLITE_IOERR:
      return str(journal, "could not be read or written, its disk fails (", detail, system,
                 "); look at the kernel's log");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return str(journal, "is damaged (", detail,
                 "); restart the broker, which sets it aside and rebuilds from EC2");
    default:
      return str(journal, "could not be used: ", detail, system);
  }
}

Db::Db(const std::filesystem::path& file, Mode mode, Duration lock_wait, const char* vfs)
    : file_(file) {
  const bool frozen = mode == Mode::kFrozen;
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE |
                    (frozen ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
  sqlite3* opened = nullptr;
  errno = 0;
  const int code = sqlite3_open_v2((frozen ? frozen_uri(file) : uri(file, "mode=rw")).c_str(),
                                   &opened, flags, frozen ? nullptr : vfs);
  db_.reset(opened);
  if (code != SQLITE_OK) fail(code);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_busy_timeout(opened, static_cast<int>(lock_wait.count()));
  run(frozen ? "PRAGMA locking_mode=EXCLUSIVE" : "PRAGMA synchronous=FULL");
  run("PRAGMA temp_store=MEMORY");
}

void Db::run(const char* sql) {
  errno = 0;
  const int code = sqlite3_exec(get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

void Db::checkpoint_when_closed() {
  sqlite3_db_config(get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
}

void Db::fail(int code) const {
  const int last = errno;
  if (db_ == nullptr) throw DbFailed(code, explain(file_, code, 0, sqlite3_errstr(code)));
  // With other codes it is what an earlier call left behind.
  const int primary = code & 0xff;
  const bool told = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN;
  // What SQLite keeps is an older one when a COMMIT failed.
  const int system_error = !told ? 0 : last != 0 ? last : sqlite3_system_errno(get());
  const std::string why = sqlite3_errmsg(get());
  throw DbFailed(code, explain(file_, code, system_error, why), why);
}

void Db::damaged(std::string_view why) const {
  throw DbFailed(kDamaged, explain(file_, kDamaged, 0, why), std::string(why));
}

Statement::Statement(Db& db, std::string_view sql) : db_(db) {
  sqlite3_stmt* prepared = nullptr;
  errno = 0;
  const int code = sqlite3_prepare_v3(db.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
  statement_.reset(prepared);
  if (code != SQLITE_OK) db.fail(code);
}

void Statement::run() {
  while (next()) {
  }
  reset();
}

bool Statement::next() {
  errno = 0;
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  try {
    db_.fail(code);
  } catch (...) {
    reset();  // or the transaction could not be rolled back
    throw;
  }
}

std::string_view Statement::text(int column) {
  const auto* bytes = sqlite3_column_text(statement_.get(), column);
  if (bytes == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void Statement::bind_one(int at, std::string_view text) {
  // A null pointer would bind NULL.
  const char* const bytes = text.data() == nullptr ? "" : text.data();
  const int code =
      sqlite3_bind_text64(statement_.get(), at, bytes, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) db_.fail(code);
}

void Statement::bind_one(int at, std::int64_t number) {
  const int code = sqlite3_bind_int64(statement_.get(), at, number);
  if (code != SQLITE_OK) db_.fail(code);
}

void Statement::bind_one(int at, std::nullptr_t) {
  const int code = sqlite3_bind_null(statement_.get(), at);
  if (code != SQLITE_OK) db_.fail(code);
}

}  // namespace cb::io
