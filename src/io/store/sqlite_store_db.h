#pragma once
// SQLite as the journal uses it: a connection and its statements, and what its error codes mean to
// a person. Internal to sqlite_store. One thread at a time.

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/time.h"

namespace cb::io {

// What SQLite could not do. what() is one sentence that names the file and what to do.
struct DbFailed : std::runtime_error {
  DbFailed(int result_code, const std::string& what, std::string why = {})
      : std::runtime_error(what), code(result_code), detail(std::move(why)) {}
  // The file's content is wrong, as against a disk that fails, is full or may not be written.
  bool damaged() const;

  int code;            // SQLite's extended result code
  std::string detail;  // its own words
};

// The sentence for `code`; `system_error` is the errno beside it, or 0.
std::string explain(const std::filesystem::path& file, int code, int system_error,
                    std::string_view detail);

class Db {
 public:
  enum class Mode {
    kReadWrite,  // the file must exist
    // Without a lock and without any write, for a disk that is full or may not be written. Only
    // while nobody else writes (StateDir holds the lock).
    kFrozen,
  };
  // `vfs`: SQLite's name of the file layer; null: the default. Throws DbFailed.
  Db(const std::filesystem::path& file, Mode mode, Duration lock_wait, const char* vfs);

  void run(const char* sql);
  // Until this is called, closing leaves the files as they are: a damaged one is kept unchanged.
  void checkpoint_when_closed();
  bool in_transaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }

  sqlite3* get() const { return db_.get(); }
  [[noreturn]] void fail(int code) const;
  [[noreturn]] void damaged(std::string_view why) const;

 private:
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  std::filesystem::path file_;
  std::unique_ptr<sqlite3, Close> db_;
};

// A prepared statement, to be used again and again. Text handed to bind must live until run() or
// the next reset(). All throw DbFailed.
class Statement {
 public:
  Statement(Db& db, std::string_view sql);

  template <class... Values>
  Statement& bind(const Values&... values) {
    reset();
    int at = 0;
    (bind_one(++at, values), ...);
    return *this;
  }
  // Runs to its end.
  void run();
  // Whether there is a row (more).
  bool next();
  void reset() { sqlite3_reset(statement_.get()); }

  // Of the row at hand. Numbers and texts are converted as SQLite does; a null text is empty.
  std::string_view text(int column);
  std::int64_t number(int column) { return sqlite3_column_int64(statement_.get(), column); }
  bool is_null(int column) { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

 private:
  void bind_one(int at, std::string_view text);
  void bind_one(int at, std::int64_t number);
  void bind_one(int at, std::nullptr_t);

  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  Db& db_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

}  // namespace cb::io
