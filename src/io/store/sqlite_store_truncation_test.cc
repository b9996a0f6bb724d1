// A journal cut at every byte: it opens with what was saved up to some commit, or it is set aside
// unchanged and said to be lost. Never a crash, a wrong record or a silent empty journal.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "io/store/sqlite_store_test_kit.h"

namespace cb::io::testing {
namespace {

// A directory that is filled with the same files again and again, one of them cut.
struct Truncation : ::testing::Test {
  TempDir dir;
  std::map<std::string, std::string> whole;

  void put(const std::string& cut, std::size_t size) const {
    for (const auto& entry : fs::directory_iterator(dir.path)) fs::remove(entry);
    for (const auto& [name, bytes] : whole) {
      if (name == "lock") continue;
      write(dir.path / name, name == cut ? std::string_view(bytes).substr(0, size) : bytes);
    }
  }
  // What a live journal with commits 1 to `n` leaves when its process is killed, without the index,
  // which a reboot removes.
  void live(int n) {
    const TempDir source;
    Open open(source.path);
    for (int i = 1; i <= n; ++i) ASSERT_EQ(open.commit(batch(i)), "");
    whole = contents(source.path);
    whole.erase("journal.db-shm");
  }
};

TEST_F(Truncation, ADatabaseCutAtAnyByteIsSetAsideUnchanged) {
  {
    const TempDir source;
    Open open(source.path);
    for (int i = 1; i <= 6; ++i) ASSERT_EQ(open.commit(batch(i)), "");
    open.store.reset();
    whole = contents(source.path);
  }
  const std::string& bytes = whole.at("journal.db");
  ASSERT_EQ(whole.count("journal.db-wal"), 0u);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    put("journal.db", size);
    const Open open(dir.path);
    ASSERT_EQ(open.refused, "") << size;
    ASSERT_TRUE(open.journal.lost) << size;
    ASSERT_EQ(open.journal.records, core::Records{}) << size;
    ASSERT_EQ(read(dir.path / "journal.db.damaged-20261123T100000Z"), bytes.substr(0, size));
  }
  put("", 0);
  EXPECT_EQ(Open(dir.path).journal.records, after(6));
}

TEST_F(Truncation, AWalCutAtAnyByteIsThePrefixOfItsCommits) {
  live(2);
  std::vector<core::Records> prefixes;
  for (int n = 0; n <= 2; ++n) prefixes.push_back(after(n));
  std::set<std::size_t> seen;
  const std::size_t full = whole.at("journal.db-wal").size();
  std::size_t furthest = 0;
  for (std::size_t size = 0; size <= full; ++size) {
    put("journal.db-wal", size);
    const Open open(dir.path);
    ASSERT_EQ(open.refused + open.journal.lost_why, "") << size;
    const auto found = std::find(prefixes.begin(), prefixes.end(), open.journal.records);
    ASSERT_NE(found, prefixes.end()) << size;
    const auto commits = static_cast<std::size_t>(found - prefixes.begin());
    ASSERT_GE(commits, furthest) << "a longer WAL holds no less, " << size;
    furthest = commits;
    seen.insert(commits);
  }
  EXPECT_EQ(seen, (std::set<std::size_t>{0, 1, 2}));
}

// The database is cut, and its WAL is whole: pages that the WAL holds too are not missed.
TEST_F(Truncation, ADatabaseCutBesideItsWalIsWholeOrSetAsideWithIt) {
  live(3);
  const core::Records all = after(3);
  const std::string wal = whole.at("journal.db-wal");
  std::size_t kept = 0, lost = 0;
  const std::size_t full = whole.at("journal.db").size();
  for (std::size_t size = 0; size <= full; size += size % 512 == 0 || size % 512 == 511 ? 1 : 51) {
    put("journal.db", size);
    const Open open(dir.path);
    ASSERT_EQ(open.refused, "") << size;
    if (open.journal.lost) {
      ++lost;
      ASSERT_EQ(read(dir.path / "journal.db.damaged-20261123T100000Z-wal"), wal) << size;
    } else {
      ++kept;
      ASSERT_EQ(open.journal.records, all) << size;
    }
  }
  EXPECT_GT(lost, 0u);
  EXPECT_GT(kept, 0u);
}

// Any changed byte: SQLite's check and the sums of the records leave nothing wrong to be read.
TEST_F(Truncation, AByteChangedAnywhereIsNoticedOrMeansNothing) {
  {
    const TempDir source;
    Open open(source.path);
    for (int i = 1; i <= 6; ++i) ASSERT_EQ(open.commit(batch(i)), "");
    open.store.reset();
    whole = contents(source.path);
  }
  core::Records right = after(6);
  const std::string bytes = whole.at("journal.db");
  for (std::size_t at = 0; at < bytes.size(); at += 7) {
    whole["journal.db"][at] = static_cast<char>(bytes[at] ^ 0x21);
    put("", 0);
    whole["journal.db"] = bytes;
    Open open(dir.path);
    if (!open.refused.empty()) {
      ASSERT_THAT(open.refused, ::testing::HasSubstr("newer")) << at;
      continue;
    }
    if (open.journal.lost) continue;
    open.journal.records.open_ledger = right.open_ledger;  // money only; it has no sum
    ASSERT_EQ(open.journal.records, right) << at;
  }
}

}  // namespace
}  // namespace cb::io::testing
