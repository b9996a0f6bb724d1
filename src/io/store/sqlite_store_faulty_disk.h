#pragma once
// A file layer for SQLite's tests: the machine's own one, whose writes can fail and whose power can
// go. For one thread.

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/prng.h"

namespace cb::io::testing {

class FaultyDisk {
 public:
  // Registers itself as a VFS of SQLite while it lives.
  FaultyDisk();
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  const char* name() const { return vfs_.zName; }

  static constexpr std::uint64_t kForEver = ~0ULL;
  // The writing operations from number `first` (0 is the next) up to, not with, `last` fail with
  // `code`.
  void fail(int code, std::uint64_t first, std::uint64_t last);
  void heal() { first_ = last_ = 0; }
  std::uint64_t operations() const { return operations_; }

  // What the files of these names hold after the power went: all that was synced, and of the rest,
  // in the order of the writes, as much as `prng` lets through, the last write torn.
  std::map<std::string, std::string> after_power_cut(Prng& prng) const;

 private:
  struct Write {
    std::int64_t offset = 0;
    std::string bytes;      // what was written; or
    bool truncate = false;  // the file was cut at `offset`
  };
  struct Content {
    std::string durable;
    std::vector<Write> since;  // the last sync
  };
  struct File;

  int operation();  // SQLITE_OK, or the code of the fault
  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* memory, int flags, int* out);
  static int remove(sqlite3_vfs* vfs, const char* name, int sync_dir);
  static int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset);
  static int truncate(sqlite3_file* file, sqlite3_int64 size);
  static int sync(sqlite3_file* file, int flags);
  static int map_index(sqlite3_file* file, int page, int size, int extend, volatile void** out);
  static const sqlite3_io_methods& methods();

  sqlite3_vfs vfs_;  // the first member: SQLite gives it back to open()
  sqlite3_vfs* real_;
  std::map<std::string, Content> files_;  // by name, as SQLite gives it
  std::uint64_t operations_ = 0, first_ = 0, last_ = 0;
  int code_ = SQLITE_OK;
};

}  // namespace cb::io::testing
