// Disks that fail, fill up, may not be written or lose their power.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "io/store/sqlite_store_faulty_disk.h"
#include "io/store/sqlite_store_test_kit.h"

namespace cb::io::testing {
namespace {

using ::testing::HasSubstr;
constexpr auto kForEver = FaultyDisk::kForEver;

StoreOptions on(const FaultyDisk& disk, const fs::path& dir) {
  StoreOptions with = options(dir);
  with.vfs = disk.name();
  return with;
}

core::Records records_in_a_copy_of(const fs::path& dir) {
  const TempDir copy;
  copy_files(dir, copy.path);
  const Open open(copy.path);
  EXPECT_EQ(open.refused + open.journal.lost_why, "");
  return open.journal.records;
}

struct Fault {
  const char* name;
  int code;
  std::uint64_t length;
};
struct FailingCommit : ::testing::TestWithParam<Fault> {};

// A fault at each writing operation of a commit in turn.
TEST_P(FailingCommit, IsWholeOrNotThereAndTheNextOneWorks) {
  const auto [name, code, length] = GetParam();
  int failed = 0;
  for (std::uint64_t at = 0;; ++at) {
    const TempDir dir;
    FaultyDisk disk;
    Open open(on(disk, dir.path));
    for (int n = 1; n <= 3; ++n) ASSERT_EQ(open.commit(batch(n)), "");
    const auto before = disk.operations();
    disk.fail(code, at, length == kForEver ? kForEver : at + length);
    const std::string trouble = open.commit(batch(4));
    disk.heal();
    const bool done = disk.operations() - before <= at;
    if (trouble.empty()) {
      EXPECT_EQ(records_in_a_copy_of(dir.path), after(4));
    } else {
      ++failed;
      EXPECT_THAT(trouble, HasSubstr((dir.path / "journal.db").string()));
      // Refused at its last operation, the sync, all of it may be found after a crash.
      const core::Records found = records_in_a_copy_of(dir.path);
      EXPECT_TRUE(found == after(3) || found == after(4)) << name << " at " << at;
      EXPECT_EQ(open.commit(batch(4)), "") << name << " at " << at;
    }
    EXPECT_EQ(open.commit(batch(5)), "") << name << " at " << at;
    EXPECT_EQ(records_in_a_copy_of(dir.path), after(5)) << name << " at " << at;
    if (done) break;
  }
  EXPECT_GT(failed, 3);
}
INSTANTIATE_TEST_SUITE_P(Each, FailingCommit,
                         ::testing::Values(Fault{"FullOnce", SQLITE_FULL, 1},
                                           Fault{"Full", SQLITE_FULL, kForEver},
                                           Fault{"WriteFailsOnce", SQLITE_IOERR_WRITE, 1},
                                           Fault{"WriteFails", SQLITE_IOERR_WRITE, kForEver},
                                           Fault{"SyncFailsOnce", SQLITE_IOERR_FSYNC, 1},
                                           Fault{"SyncFails", SQLITE_IOERR_FSYNC, kForEver},
                                           Fault{"ReadOnly", SQLITE_READONLY, kForEver}),
                         [](const auto& each) { return each.param.name; });

// Long enough for checkpoints: requests of 20 KB, over a thousand pages in all.
std::vector<core::Change> long_batch(int n) {
  std::vector<core::Change> changes = batch(n);
  for (core::Change& change : changes) {
    auto* attempt = std::get_if<core::AttemptRecord>(&change);
    if (attempt != nullptr) attempt->request.assign(20'000, static_cast<char>('a' + n % 26));
  }
  return changes;
}

TEST(PowerCut, LosesNothingThatWasAcknowledgedAndHalvesNothing) {
  int between = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Prng prng{seed};
    const TempDir dir, after_cut;
    FaultyDisk disk;
    Open open(on(disk, dir.path));
    core::Records saved, begun;
    ASSERT_EQ(open.commit({}), "");
    disk.fail(SQLITE_IOERR_WRITE, prng.below(2500), kForEver);
    for (int n = 1; n <= 60 && saved == begun; ++n) {
      for (const core::Change& change : long_batch(n)) begun.apply(change);
      if (open.commit(long_batch(n)).empty()) saved = begun;
    }
    for (const auto& [name, bytes] : disk.after_power_cut(prng))
      write(after_cut.path / name, bytes);
    fs::remove(after_cut.path / "journal.db.new");
    const Open again(after_cut.path);
    ASSERT_EQ(again.refused + again.journal.lost_why, "") << seed;
    ASSERT_TRUE(again.journal.records == saved || again.journal.records == begun) << seed;
    between += saved != begun ? 1 : 0;
    disk.heal();
  }
  EXPECT_GT(between, 10);
}

struct FaultyStart : ::testing::Test {
  TempDir dir;
  FaultyDisk disk;
  const std::string file = dir.path / "journal.db";

  // Starts on a disk that cannot be written, and sees it mended.
  void start_full_and_heal(const core::Records& known, int next) {
    disk.fail(SQLITE_FULL, 0, kForEver);
    {
      Open open(on(disk, dir.path));
      EXPECT_EQ(open.refused + open.journal.lost_why, "");
      EXPECT_EQ(open.journal.records, known);
      for (int tries = 0; tries < 3; ++tries) {
        EXPECT_THAT(open.commit(batch(next)), HasSubstr("the journal " + file));
      }
      disk.heal();
      EXPECT_EQ(open.commit(batch(next)), "");
      EXPECT_EQ(open.commit(batch(next + 1)), "");
    }
    core::Records all = known;
    for (int n : {next, next + 1}) {
      for (const core::Change& change : batch(n)) all.apply(change);
    }
    EXPECT_EQ(Open(dir.path).journal.records, all);
  }
};

TEST_F(FaultyStart, OnAFullDiskWithoutAJournalServesAndSavesWhenThereIsRoom) {
  start_full_and_heal({}, 1);
}

TEST_F(FaultyStart, OnAFullDiskKnowsWhatAClosedJournalHolds) {
  {
    Open open(dir.path);
    for (int n = 1; n <= 3; ++n) open.commit(batch(n));
  }
  start_full_and_heal(after(3), 4);
}

TEST_F(FaultyStart, OnAFullDiskKnowsWhatTheWalOfAKilledBrokerHolds) {
  {
    const TempDir killed;
    Open open(killed.path);
    for (int n = 1; n <= 3; ++n) open.commit(batch(n));
    copy_files(killed.path, dir.path);
    fs::remove(file + "-shm");
  }
  start_full_and_heal(after(3), 4);
}

TEST_F(FaultyStart, AFileThatMayNotGrowIsAnErrorUntilItMay) {
  Open open(dir.path);
  for (int n = 1; n <= 3; ++n) ASSERT_EQ(open.commit(batch(n)), "");
  rlimit was{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &was), 0);
  const rlimit tight{fs::file_size(file + "-wal"), was.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  const std::string trouble = open.commit(batch(4));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &was), 0);
  EXPECT_EQ(trouble, "the journal " + file +
                         " may not grow: File too large; raise the limit of this process (ulimit "
                         "-f, LimitFSIZE=)");
  EXPECT_EQ(open.commit(batch(4)), "");
  EXPECT_EQ(records_in_a_copy_of(dir.path), after(4));
}

TEST_F(FaultyStart, WhereTheDirectoryCannotBeMadeItDoesNotStartAndSaysWhatToDo) {
  Open open(fs::path("/proc/compute-broker/state"));
  EXPECT_EQ(open.refused,
            "the state directory /proc/compute-broker/state cannot be used: No such file or "
            "directory; make it for this user (install -d -m 700 -o USER "
            "/proc/compute-broker/state), or set another state_dir");
}

// Root may write everywhere: what follows is done as nobody.
struct AsNobody {
  AsNobody() : was_(::geteuid()) {
    if (was_ == 0) become(65534);
  }
  ~AsNobody() {
    if (was_ == 0) become(was_);
  }
  static void become(uid_t user) { EXPECT_EQ(::seteuid(user), 0); }
  uid_t was_;
};

TEST_F(FaultyStart, InADirectoryThatMayNotBeWrittenKnowsItsWorkersAndSavesOnceItMay) {
  for (const bool killed : {false, true}) {
    const TempDir state;
    {
      const TempDir live;
      Open open(live.path);
      for (int n = 1; n <= 3; ++n) open.commit(batch(n));
      if (!killed) open.store.reset();
      copy_files(live.path, state.path);
    }
    for (const auto& entry : fs::directory_iterator(state.path)) {
      fs::permissions(entry, fs::perms(0444));
    }
    fs::permissions(state.path, fs::perms(0555));
    {
      const AsNobody nobody;
      Open open(state.path);
      EXPECT_EQ(open.refused + open.journal.lost_why, "");
      EXPECT_EQ(open.journal.records, after(3));
      EXPECT_THAT(open.commit(batch(4)), HasSubstr((state.path / "journal.db").string()));
      EXPECT_THAT(Open(state.path).refused, HasSubstr("another compute-broker"));
    }
    fs::permissions(state.path, fs::perms(0755));
  }
}

TEST_F(FaultyStart, AJournalThatCannotBeReadIsSetAsideOnceItCanAndNeverMixedWithANewOne) {
  {
    Open open(dir.path);
    open.commit(batch(1));
  }
  const std::string bytes = read(file);
  fs::permissions(file, fs::perms(0));
  fs::permissions(dir.path, fs::perms(0777));
  const AsNobody nobody;
  Open open(dir.path);
  EXPECT_TRUE(open.journal.lost);
  EXPECT_THAT(open.journal.lost_why, HasSubstr("could not be opened: Permission denied"));
  EXPECT_EQ(open.journal.records, core::Records{});
  EXPECT_EQ(open.commit(batch(7)), "");
  EXPECT_EQ(records_in_a_copy_of(dir.path).workers.count({"i-7"}), 1u);
  EXPECT_TRUE(fs::exists(file + ".unread-20261123T100000Z"));
}

}  // namespace
}  // namespace cb::io::testing
