#pragma once
// What the tests of the journal share: a directory that goes away, and a history of commits whose
// every prefix is known.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "io/store/sqlite_store.h"

namespace cb::io::testing {

namespace fs = std::filesystem;

// In memory where the machine has such a place: these tests wait for thousands of fsyncs.
class TempDir {
 public:
  TempDir() {
    const std::string parent = fs::is_directory("/dev/shm") ? "/dev/shm/" : ::testing::TempDir();
    std::string pattern = parent + "journal-XXXXXX";
    path = ::mkdtemp(pattern.data());
  }
  ~TempDir() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  fs::path path;
};

inline const Now kNow{Instant{hours{5}}, *parse_iso8601("2026-11-23T10:00:00Z")};

inline std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void write(const fs::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}
// The names in a directory, with what the files hold.
inline std::map<std::string, std::string> contents(const fs::path& dir) {
  std::map<std::string, std::string> out;
  for (const auto& entry : fs::directory_iterator(dir)) {
    out[entry.path().filename()] = read(entry.path());
  }
  return out;
}
// As they are at this moment, which is what a process that is killed leaves behind.
inline void copy_files(const fs::path& from, const fs::path& to) {
  for (const auto& [name, bytes] : contents(from)) write(to / name, bytes);
}

inline StoreOptions options(const fs::path& dir) {
  StoreOptions out;
  out.state_dir = dir;
  out.boot_id = "boot-a";
  return out;
}

struct Open {
  explicit Open(const fs::path& dir) : Open(options(dir)) {}
  explicit Open(StoreOptions with, Now now = kNow) {
    auto opened = SqliteStore::open(std::move(with), now);
    if (!opened) {
      refused = opened.error().what;
      return;
    }
    store = std::move(opened->store);
    journal = std::move(opened->journal);
  }
  // Empty when it was saved.
  std::string commit(const std::vector<core::Change>& changes, Now now = kNow) {
    const Status status = store->commit(changes, now);
    return status ? "" : status.error().what;
  }

  std::string refused;  // why not to start
  std::unique_ptr<SqliteStore> store;
  driver::Journal journal;
};

inline core::WorkerRecord worker(int n) {
  core::WorkerRecord record;
  record.id.value = str("i-", n);
  record.pool.value = "default";
  record.address = str("192.0.2.", n % 250);
  record.last_used = Instant{seconds{n}};
  return record;
}
inline core::LedgerRecord line(int n, bool ended) {
  core::LedgerRecord record;
  record.id.value = str("i-", n);
  record.type = "c7i.16xlarge";
  record.launched = kNow.wall + seconds{n};
  if (ended) record.ended = kNow.wall + seconds{n + 90};
  record.handed_out = static_cast<std::uint64_t>(n);
  return record;
}
// What commit `n` (from 1) of the history saves: an attempt and a worker come, older ones go.
inline std::vector<core::Change> batch(int n) {
  core::AttemptRecord attempt;
  attempt.token.value = str("cb-n0nce-", n);
  attempt.request = std::string(200, static_cast<char>('a' + n % 26));
  return {core::BrokerRecord{"n0nce", static_cast<std::uint64_t>(n) + 1, "1234", "us-east-1"},
          attempt,
          core::LaunchStamp{attempt.token, Instant{seconds{n}}},
          worker(n),
          line(n, false),
          core::DropAttempt{{str("cb-n0nce-", n - 1)}},
          core::DropWorker{{str("i-", n - 3)}},
          line(n - 3, true)};
}
// What a journal holds after commits 1 to `n`.
inline core::Records after(int n) {
  core::Records records;
  for (int i = 1; i <= n; ++i) {
    for (const core::Change& change : batch(i)) records.apply(change);
  }
  return records;
}

}  // namespace cb::io::testing
