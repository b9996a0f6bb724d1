#include "driver/recovery.h"

#include <gtest/gtest.h>

namespace cb::driver {
namespace {

constexpr Duration kMax = hours{1};

Instant boot(std::int64_t s) {
  return Instant{} + seconds{s};
}
WallTime wall(std::int64_t s) {
  return WallTime{seconds{1'790'000'000 + s}};
}
const SavedClock kSaved{"boot-a", boot(5000), wall(0)};

Duration shift(std::string_view boot_id, Now now) {
  return instant_shift(kSaved, boot_id, now, kMax);
}
// How old something that happened at the moment of saving is said to be.
Duration age(std::string_view boot_id, Now now) {
  return now.boot - (kSaved.boot + shift(boot_id, now));
}

TEST(Recovery, InTheSameBootTheClockWentOnWhateverTheCalendarDid) {
  EXPECT_EQ(shift("boot-a", {boot(5300), wall(300)}), Duration{0});
  EXPECT_EQ(shift("boot-a", {boot(5300), wall(-86'400)}), Duration{0});
  EXPECT_EQ(shift("boot-a", {boot(5300), wall(86'400)}), Duration{0});
}

TEST(Recovery, AfterARebootTheCalendarTellsWhatPassed) {
  EXPECT_EQ(age("boot-b", {boot(20), wall(300)}), seconds{300});
  EXPECT_EQ(age("boot-b", {boot(90'000), wall(300)}), seconds{300});
}

TEST(Recovery, ACalendarSetBackCountsAsNoTimeAtAll) {
  EXPECT_EQ(age("boot-b", {boot(20), wall(-1)}), Duration{0});
  EXPECT_EQ(age("boot-b", {boot(20), wall(-1'000'000'000)}), Duration{0});
}

TEST(Recovery, ACalendarSetForwardCountsForTheLimitAtMost) {
  EXPECT_EQ(age("boot-b", {boot(20), wall(3600)}), kMax);
  EXPECT_EQ(age("boot-b", {boot(20), wall(3601)}), kMax);
  EXPECT_EQ(age("boot-b", {boot(20), wall(1'000'000'000)}), kMax);
}

TEST(Recovery, AnUnknownBootIsAnotherBoot) {
  EXPECT_EQ(age("", {boot(20), wall(60)}), seconds{60});
  const SavedClock nameless{"", boot(5000), wall(0)};
  EXPECT_EQ(instant_shift(nameless, "", {boot(9000), wall(60)}, kMax), seconds{9000 - 60 - 5000});
}

TEST(Recovery, AClockBeforeTheSavedOneIsAnotherBootWhateverItsName) {
  EXPECT_EQ(age("boot-a", {boot(20), wall(60)}), seconds{60});
}

Journal journal_with_a_worker() {
  Journal journal;
  core::WorkerRecord worker;
  worker.id.value = "i-1";
  worker.last_used = boot(4990);
  journal.records.apply(worker);
  journal.clock = kSaved;
  return journal;
}

TEST(Recovery, TheRecordsOfTheFirstEventCountFromThisBoot) {
  const Now now{boot(20), wall(300)};
  const core::Started event = started(journal_with_a_worker(), "boot-b", now, "n", kMax);
  EXPECT_EQ(now.boot - event.records.workers.at({"i-1"}).last_used, seconds{310});
  EXPECT_EQ(event.fresh_nonce, "n");
  EXPECT_FALSE(event.journal_lost);
}

TEST(Recovery, ItSaysWhenTheTimesWereMoved) {
  const Now now{boot(6000), wall(300)};
  EXPECT_TRUE(started(journal_with_a_worker(), "boot-b", now, "n", kMax).clock_moved);
  EXPECT_FALSE(started(journal_with_a_worker(), "boot-a", now, "n", kMax).clock_moved);
}

TEST(Recovery, ALostJournalIsToldWithItsReason) {
  Journal journal;
  journal.lost = true;
  journal.lost_why = "the journal x is damaged";
  const core::Started event = started(journal, "boot-a", {boot(1), wall(0)}, "n", kMax);
  EXPECT_TRUE(event.journal_lost);
  EXPECT_EQ(event.lost_why, "the journal x is damaged");
}

TEST(Recovery, ATokenNumberIsNotUsedAgainThoughTheJournalWentBackInTime) {
  Journal backup;
  backup.records.broker = core::BrokerRecord{"n", 7, "", ""};
  const auto number = [&](std::int64_t at) {
    return started(backup, "b", {boot(1), wall(at)}, "x", kMax).records.broker->next_attempt;
  };
  EXPECT_EQ(number(0), 1'790'000'000u);
  EXPECT_GT(number(3600), number(0) + 20);  // more seconds in an hour than launches
  backup.records.broker->next_attempt = 1'900'000'000;
  EXPECT_EQ(number(0), 1'900'000'000u);
}

TEST(Recovery, ACalendarBefore1970StillCountsTokensFromOne) {
  Journal journal;
  journal.records.broker = core::BrokerRecord{};
  const Now now{boot(1), WallTime{seconds{-5}}};
  EXPECT_EQ(started(journal, "b", now, "x", kMax).records.broker->next_attempt, 1u);
}

}  // namespace
}  // namespace cb::driver
