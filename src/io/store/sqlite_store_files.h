#pragma once
// The journal's files: a new one made in one step, and a bad one set aside. Internal to
// sqlite_store. All throw DbFailed.

#include <filesystem>
#include <string_view>

#include "base/time.h"
#include "io/store/sqlite_store_db.h"

namespace cb::io {

// Makes an empty journal beside `file` and renames it there once it is durable, so that a file of
// that name is always a whole one. Whatever stood there is replaced. Readable by its owner only:
// launch requests hold user data.
void create_journal(const std::filesystem::path& file, const char* vfs);

// Whether anything of a journal is there: a WAL whose database is missing is one that was lost.
bool journal_exists(const std::filesystem::path& file);

// Throws what is damaged() when the file cannot be a whole database; SQLite itself takes one of up
// to a byte for a new one and deletes the WAL beside it, with all it holds.
void check_shape(const std::filesystem::path& file);

// Renames the database, then its WAL and index, to `FILE.WHY-TIME`, unchanged; a number is added
// where that name is taken. Returns the new name of the database.
std::filesystem::path set_aside(const std::filesystem::path& file, std::string_view why,
                                WallTime when);

// Which file it is, however it is named; unset when it is gone.
struct FileIdentity {
  std::uint64_t device = 0, inode = 0;
  bool operator==(const FileIdentity&) const = default;
};
FileIdentity identity_of(const std::filesystem::path& file);

}  // namespace cb::io
