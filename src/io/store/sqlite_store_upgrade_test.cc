// Journals of former releases (tests/journals) stay readable, and are of this format after a write.

#include "io/store/sqlite_store_upgrade.h"

#include "io/store/sqlite_store_load.h"
#include "io/store/sqlite_store_test_kit.h"
#include "wire/record_codec.h"

namespace cb::io {
namespace {

using testing::TempDir;
namespace fs = std::filesystem;

// Some time after those journals were written.
const Now kLater{Instant{hours{31}}, *parse_iso8601("2026-11-25T11:30:00Z")};

struct UpgradeTest : ::testing::TestWithParam<int> {
  UpgradeTest() {
    fs::copy_file(str(SOURCE_DIR, "/tests/journals/format-", GetParam(), ".db"),
                  dir.path / "journal.db");
  }
  SqliteStore::Opened open() {
    auto opened = SqliteStore::open({.state_dir = dir.path, .boot_id = "another"}, kLater);
    EXPECT_TRUE(opened) << opened.error().what;
    return std::move(*opened);
  }
  std::int64_t format() {
    Db db(dir.path / "journal.db", Db::Mode::kFrozen, Duration{0}, nullptr);
    return format_of(db);
  }

  TempDir dir;
};

TEST_P(UpgradeTest, ItsWorkersLaunchesAndClocksAreRead) {
  const driver::Journal journal = open().journal;
  ASSERT_FALSE(journal.lost) << journal.lost_why;
  const core::Records& records = journal.records;
  ASSERT_EQ(records.workers.size(), 3u);
  const core::WorkerRecord& ready = records.workers.at({"i-0aaaaaaaaaaaaaaa1"});
  EXPECT_EQ(ready.phase, core::WorkerPhase::kReady);
  EXPECT_EQ(ready.address, "198.51.100.7");
  EXPECT_EQ(journal.clock->boot - ready.last_used, minutes{3});
  EXPECT_EQ(records.workers.at({"i-0aaaaaaaaaaaaaaa2"}).phase, core::WorkerPhase::kBooting);
  EXPECT_EQ(records.workers.at({"i-0aaaaaaaaaaaaaaa3"}).end_reason, "idle 900 s (limit 900 s)");
  EXPECT_TRUE(records.attempts.at({"cb-k3x9q2mw-1790000041x"}).outcome_unknown);
  EXPECT_EQ(records.stamps.size(), 1u);
  EXPECT_EQ(records.closed.size(), 1u);
  EXPECT_EQ(records.broker->nonce, "k3x9q2mw");
}

TEST_P(UpgradeTest, ItsOpenLedgerIsRead) {
  const auto ledger = open().journal.records.open_ledger;
  ASSERT_EQ(ledger.size(), 3u);
  EXPECT_EQ(ledger.at({"i-0aaaaaaaaaaaaaaa1"}).handed_out, 17u);
}

TEST_P(UpgradeTest, ReadingAloneChangesNothing) {
  open();
  EXPECT_EQ(format(), GetParam());
}

TEST_P(UpgradeTest, TheFirstWriteMakesItOneOfThisFormatAndLosesNothing) {
  core::Records before;
  {
    auto opened = open();
    before = opened.journal.records;
    const core::Change change = core::LaunchStamp{{"cb-k3x9q2mw-1790000050"}, kLater.boot};
    ASSERT_TRUE(opened.store->commit({change}, kLater));
    before.apply(change);
  }
  EXPECT_EQ(format(), wire::kRecordFormat);
  const auto again = open();
  EXPECT_FALSE(again.journal.lost);
  EXPECT_EQ(again.journal.records, before);
}

std::vector<int> all_formats() {
  std::vector<int> out;
  for (const auto& file : fs::directory_iterator(str(SOURCE_DIR, "/tests/journals"))) {
    const std::string name = file.path().stem();
    if (file.path().extension() == ".db") out.push_back(std::stoi(name.substr(7)));
  }
  return out;
}
INSTANTIATE_TEST_SUITE_P(EachFormat, UpgradeTest, ::testing::ValuesIn(all_formats()));

TEST(Upgrade, EachFormatBeforeThisOneHasItsJournal) {
  for (int format = 1; format < wire::kRecordFormat; ++format) {
    EXPECT_TRUE(fs::exists(str(SOURCE_DIR, "/tests/journals/format-", format, ".db"))) << format;
  }
}

}  // namespace
}  // namespace cb::io
