#include "io/store/sqlite_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/store/sqlite_store_test_kit.h"
#include "wire/record_codec.h"

namespace cb::io::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct SqliteStoreTest : ::testing::Test {
  TempDir dir;
  const fs::path file = dir.path / "journal.db";

  // A closed journal with commits 1 to `n`.
  void fill(int n) const {
    Open open(dir.path);
    for (int i = 1; i <= n; ++i) ASSERT_EQ(open.commit(batch(i)), "");
  }
  // What an administrator sees with the sqlite3 shell.
  std::string ask(const std::string& sql) const {
    Db db(file, Db::Mode::kReadWrite, seconds{1}, nullptr);
    Statement statement(db, sql);
    std::string out;
    while (statement.next()) out += str(statement.text(0), ';');
    return out;
  }
  std::string only_name_with(const std::string& part) const {
    std::string found;
    for (const auto& [name, bytes] : contents(dir.path)) {
      if (name.find(part) == name.npos) continue;
      EXPECT_EQ(found, "") << "and " << name;
      found = name;
    }
    return found;
  }
};

TEST_F(SqliteStoreTest, ANewDirectoryIsAnEmptyJournalAndNotALostOne) {
  const Open open(dir.path / "a" / "b");
  ASSERT_EQ(open.refused, "");
  EXPECT_EQ(open.journal.records, core::Records{});
  EXPECT_FALSE(open.journal.clock);
  EXPECT_FALSE(open.journal.lost);
}

TEST_F(SqliteStoreTest, WhatWasCommittedIsLoaded) {
  for (int n = 1; n < 12; ++n) {
    Open open(dir.path);
    EXPECT_FALSE(open.journal.lost);
    EXPECT_EQ(open.journal.records, after(n - 1));
    EXPECT_EQ(open.commit(batch(n)), "");
  }
}

TEST_F(SqliteStoreTest, EveryCommitSavesTheClockThatItWasMadeAt) {
  {
    Open open(dir.path);
    open.commit({core::BrokerRecord{}});
    open.commit({}, {kNow.boot + seconds{7}, kNow.wall + seconds{9}});
  }
  const driver::SavedClock clock{"boot-a", kNow.boot + seconds{7}, kNow.wall + seconds{9}};
  EXPECT_EQ(Open(dir.path).journal.clock, clock);
}

TEST_F(SqliteStoreTest, ACommitIsThereAlthoughTheProcessNeverClosesTheJournal) {
  Open open(dir.path);
  for (int n = 1; n <= 5; ++n) {
    ASSERT_EQ(open.commit(batch(n)), "");
    const TempDir elsewhere;
    copy_files(dir.path, elsewhere.path);
    const Open again(elsewhere.path);
    EXPECT_EQ(again.refused + again.journal.lost_why, "");
    EXPECT_EQ(again.journal.records, after(n));
  }
}

TEST_F(SqliteStoreTest, FinishedLedgerLinesStayAndCanBeAskedInSql) {
  fill(5);
  EXPECT_EQ(ask("SELECT instance || ' ' || type || ' ' || seconds FROM ledger "
                "WHERE ended IS NOT NULL ORDER BY instance"),
            "i--1 c7i.16xlarge 90;i--2 c7i.16xlarge 90;i-0 c7i.16xlarge 90;"
            "i-1 c7i.16xlarge 90;i-2 c7i.16xlarge 90;");
  EXPECT_EQ(ask("SELECT count(*) FROM ledger WHERE ended IS NULL"), "3;");
  EXPECT_EQ(ask("SELECT body LIKE '%address=192.0.2.5%' FROM records WHERE key = 'i-5'"), "1;");
}

TEST_F(SqliteStoreTest, TheQuestionsInTheDocumentationWork) {
  fill(5);
  const std::string text = read(fs::path(SOURCE_DIR) / "docs" / "state.md");
  const auto begin = text.find("```sql\n") + 7;
  std::string sql = text.substr(begin, text.find("```", begin) - begin);
  int asked = 0;
  for (std::size_t end; (end = sql.find(';')) != sql.npos; sql.erase(0, end + 1)) {
    const std::string statement = sql.substr(0, end);
    EXPECT_NO_THROW(ask(statement)) << statement;
    ++asked;
  }
  EXPECT_GE(asked, 3);
}

TEST_F(SqliteStoreTest, LedgerLinesGoWhenTheirTimeIsOverAndAFewAtATime) {
  fill(30);
  Open open(dir.path);
  const Now later{kNow.boot, kNow.wall + hours{24 * 365} + seconds{90 + 3}};
  core::LedgerRecord fresh = line(100, true);
  fresh.ended = later.wall;
  open.commit({fresh}, later);
  EXPECT_EQ(ask("SELECT min(ended) FROM ledger WHERE ended IS NOT NULL"),
            iso8601_ms(kNow.wall + seconds{90 + 2}) + ";");
  open.commit({fresh}, later);
  EXPECT_EQ(ask("SELECT min(ended) FROM ledger WHERE ended IS NOT NULL"),
            iso8601_ms(kNow.wall + seconds{90 + 3}) + ";");
}

TEST_F(SqliteStoreTest, TheFilesAreReadableByTheirOwnerOnly) {
  Open open(dir.path / "state");
  open.commit(batch(1));
  EXPECT_EQ(fs::status(dir.path / "state").permissions(), fs::perms::owner_all);
  for (const auto& entry : fs::directory_iterator(dir.path / "state")) {
    EXPECT_EQ(entry.status().permissions(), fs::perms::owner_read | fs::perms::owner_write)
        << entry.path();
  }
}

TEST_F(SqliteStoreTest, ASecondBrokerIsRefusedAndToldWhichProcessHoldsTheDirectory) {
  Open first(dir.path);
  const Open second(dir.path);
  EXPECT_EQ(second.refused,
            str("another compute-broker (process ", ::getpid(), ") uses the state directory ",
                dir.path.string(), ": stop it, or give this one another name and state_dir"));
  EXPECT_EQ(first.commit(batch(1)), "");
  first.store.reset();
  EXPECT_EQ(Open(dir.path).refused, "");
}

TEST_F(SqliteStoreTest, ANewerJournalIsRefusedAndLeftAsItIs) {
  fill(3);
  const int newer = wire::kRecordFormat + 1;
  ask(str("UPDATE meta SET value = '", newer, "'"));
  const auto before = contents(dir.path);
  const Open open(dir.path);
  EXPECT_EQ(open.refused,
            str("the journal ", file.string(), " was written by a newer compute-broker (format ",
                newer, ", this one reads ", wire::kRecordFormat,
                "): install that version again, or give this one another state_dir"));
  EXPECT_EQ(read(file), before.at("journal.db"));
  EXPECT_EQ(only_name_with("damaged"), "");
}

// Each makes something else of a good journal.
struct Damage {
  const char* name;
  void (*make)(const SqliteStoreTest& test);
};
void sql(const SqliteStoreTest& test, const std::string& text) {
  test.ask(text);
}
const Damage kDamages[] = {
    {"Empty", [](const SqliteStoreTest& t) { write(t.file, ""); }},
    {"NotADatabase", [](const SqliteStoreTest& t) { write(t.file, std::string(9000, 'x')); }},
    {"HalfOfIt", [](const SqliteStoreTest& t) { fs::resize_file(t.file, 4096); }},
    {"PageOfZeros",
     [](const SqliteStoreTest& t) {
       std::string bytes = read(t.file);
       bytes.replace(1024 * 3, 1024, 1024, '\0');
       write(t.file, bytes);
     }},
    {"AnotherProgramsDatabase",
     [](const SqliteStoreTest& t) {
       fs::remove(t.file);
       write(t.file, "");
       sql(t, "CREATE TABLE t (x)");
     }},
    {"NoFormat", [](const SqliteStoreTest& t) { sql(t, "DELETE FROM meta"); }},
    {"FormatIsNoNumber", [](const SqliteStoreTest& t) { sql(t, "UPDATE meta SET value = 'x'"); }},
    {"RecordChanged",
     [](const SqliteStoreTest& t) { sql(t, "UPDATE records SET body = replace(body, '0', '1')"); }},
    {"RecordOfNoKnownKind",
     [](const SqliteStoreTest& t) { sql(t, "UPDATE records SET kind = 'w' || kind"); }},
    {"RecordIsABlob",
     [](const SqliteStoreTest& t) { sql(t, "UPDATE records SET body = x'00ff00'"); }},
    {"ClockChanged", [](const SqliteStoreTest& t) { sql(t, "UPDATE clock SET boot_ms = 1"); }},
    {"ClockIsText", [](const SqliteStoreTest& t) { sql(t, "UPDATE clock SET wall = 'noon'"); }},
    {"LedgerTimeUnreadable",
     [](const SqliteStoreTest& t) { sql(t, "UPDATE ledger SET launched = 'noon'"); }},
    {"NoRecords", [](const SqliteStoreTest& t) { sql(t, "DROP TABLE records"); }},
};
struct DamagedStoreTest : SqliteStoreTest, ::testing::WithParamInterface<Damage> {};

TEST_P(DamagedStoreTest, IsSetAsideUnchangedAndANewOneIsBegun) {
  fill(20);
  GetParam().make(*this);
  const std::string damaged = read(file);
  {
    Open open(dir.path);
    ASSERT_EQ(open.refused, "");
    EXPECT_TRUE(open.journal.lost);
    EXPECT_EQ(open.journal.records, core::Records{});
    EXPECT_THAT(open.journal.lost_why,
                StartsWith(str("the journal ", file.string(), " is damaged (")));
    EXPECT_THAT(open.journal.lost_why,
                EndsWith(str("it is kept as ", file.string(), ".damaged-20261123T100000Z")));
    EXPECT_EQ(read(file.string() + ".damaged-20261123T100000Z"), damaged);
    EXPECT_EQ(open.commit(batch(1)), "");
  }
  EXPECT_EQ(Open(dir.path).journal.records, after(1));
}
INSTANTIATE_TEST_SUITE_P(Each, DamagedStoreTest, ::testing::ValuesIn(kDamages),
                         [](const auto& each) { return each.param.name; });

TEST_F(SqliteStoreTest, ADamagedDatabaseTakesItsWalAlongUnchanged) {
  std::string wal;
  {
    Open open(dir.path);
    open.commit(batch(1));
    wal = read(file.string() + "-wal");
    fs::copy_file(file.string() + "-wal", dir.path / "copy");
  }
  fs::rename(dir.path / "copy", file.string() + "-wal");
  write(file, std::string(9000, 'x'));
  write(file.string() + "-wal", wal.substr(0, 3000));
  EXPECT_TRUE(Open(dir.path).journal.lost);
  EXPECT_EQ(read(file.string() + ".damaged-20261123T100000Z-wal"), wal.substr(0, 3000));
}

TEST_F(SqliteStoreTest, AWalWithoutItsDatabaseIsALostJournal) {
  write(file.string() + "-wal", "what is left");
  const Open open(dir.path);
  EXPECT_TRUE(open.journal.lost);
  EXPECT_EQ(read(file.string() + ".damaged-20261123T100000Z-wal"), "what is left");
}

TEST_F(SqliteStoreTest, TwoDamagedJournalsOfOneSecondAreBothKept) {
  for (const char* bytes : {"first", "second", "third"}) {
    write(file, bytes);
    EXPECT_TRUE(Open(dir.path).journal.lost);
  }
  const std::string kept = file.string() + ".damaged-20261123T100000Z";
  EXPECT_EQ(read(kept), "first");
  EXPECT_EQ(read(kept + "-2"), "second");
  EXPECT_EQ(read(kept + "-3"), "third");
}

TEST_F(SqliteStoreTest, AnAdministratorWhoLocksTheJournalDelaysACommitAndIsNamed) {
  StoreOptions impatient = options(dir.path);
  impatient.lock_wait = milliseconds{1};
  Open open(impatient);
  ASSERT_EQ(open.commit(batch(1)), "");
  {
    Db shell(file, Db::Mode::kReadWrite, seconds{1}, nullptr);
    shell.run("BEGIN IMMEDIATE");
    EXPECT_THAT(open.commit(batch(2)), HasSubstr("is held by another program"));
  }
  EXPECT_EQ(open.commit(batch(2)), "");
}

TEST_F(SqliteStoreTest, AnAdministratorMayReadWhileTheBrokerRuns) {
  Open open(dir.path);
  ASSERT_EQ(open.commit(batch(1)), "");
  Db shell(file, Db::Mode::kReadWrite, seconds{1}, nullptr);
  shell.run("BEGIN; SELECT * FROM records");
  EXPECT_EQ(open.commit(batch(2)), "");
}

TEST_F(SqliteStoreTest, AJournalThatIsRemovedWhileTheBrokerRunsIsNoticed) {
  Open open(dir.path);
  ASSERT_EQ(open.commit(batch(1)), "");
  ASSERT_EQ(open.commit(batch(2)), "");
  const std::string wal = file.string() + "-wal";
  fs::rename(wal, wal + ".gone");
  EXPECT_THAT(open.commit(batch(3)), HasSubstr("removed or replaced while the broker ran"));
  fs::rename(wal + ".gone", wal);
  EXPECT_EQ(open.commit(batch(3)), "");
  fs::remove(file);
  EXPECT_THAT(open.commit(batch(4)), HasSubstr("removed or replaced while the broker ran"));
}

}  // namespace
}  // namespace cb::io::testing
