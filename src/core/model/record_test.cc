#include "core/model/record.h"

#include <gtest/gtest.h>

namespace cb::core {
namespace {

Instant instant(int s) {
  return Instant{} + seconds{s};
}

WorkerRecord worker(const std::string& id, int last_used = 0) {
  WorkerRecord record;
  record.id.value = id;
  record.begun = instant(1);
  record.last_used = instant(last_used);
  return record;
}

AttemptRecord attempt(const std::string& token) {
  AttemptRecord record;
  record.token.value = token;
  record.begun = instant(2);
  record.begun_wall = WallTime{seconds{1'000'000}};
  return record;
}

TEST(WorkerPhase, EveryPhaseHasANameThatReadsBack) {
  for (const auto phase : {WorkerPhase::kBooting, WorkerPhase::kAdopting, WorkerPhase::kReady,
                           WorkerPhase::kTerminating}) {
    EXPECT_EQ(parse_worker_phase(to_string(phase)), phase);
  }
  EXPECT_EQ(parse_worker_phase("Ready"), std::nullopt);
  EXPECT_EQ(parse_worker_phase(""), std::nullopt);
}

TEST(Records, APutReplacesTheRecordOfTheSameKeyOnly) {
  Records records;
  records.apply(worker("i-1", 5));
  records.apply(worker("i-2", 6));
  records.apply(worker("i-1", 7));
  ASSERT_EQ(records.workers.size(), 2u);
  EXPECT_EQ(records.workers.at({"i-1"}).last_used, instant(7));
  EXPECT_EQ(records.workers.at({"i-2"}).last_used, instant(6));
}

TEST(Records, ADropRemovesItsOwnKindOnly) {
  Records records;
  records.apply(attempt("t"));
  records.apply(LaunchStamp{{"t"}, instant(1)});
  records.apply(ClosedAttempt{{"t"}, {"default"}, instant(1)});
  records.apply(DropAttempt{{"t"}});
  EXPECT_TRUE(records.attempts.empty());
  EXPECT_EQ(records.stamps.size(), 1u);
  records.apply(DropLaunchStamp{{"t"}});
  EXPECT_TRUE(records.stamps.empty());
  EXPECT_EQ(records.closed.size(), 1u);
  records.apply(DropClosedAttempt{{"t"}});
  records.apply(worker("i-1"));
  records.apply(DropWorker{{"i-1"}});
  EXPECT_EQ(records, Records{});
}

TEST(Records, ADropOfWhatIsNotThereIsHarmless) {
  Records records;
  records.apply(DropWorker{{"i-1"}});
  records.apply(DropAttempt{{"t"}});
  EXPECT_EQ(records, Records{});
}

TEST(Records, ALedgerLineIsKeptWhileItIsOpen) {
  Records records;
  LedgerRecord line;
  line.id.value = "i-1";
  records.apply(line);
  EXPECT_EQ(records.open_ledger.size(), 1u);
  line.ended = WallTime{seconds{1}};
  records.apply(line);
  EXPECT_TRUE(records.open_ledger.empty());
}

TEST(Records, AShiftMovesEveryInstantAndNoWallTime) {
  Records records;
  records.apply(worker("i-1", 5));
  records.apply(attempt("t"));
  records.apply(LaunchStamp{{"t"}, instant(3)});
  records.apply(ClosedAttempt{{"t"}, {"default"}, instant(4)});
  records.shift_instants(seconds{-100});
  EXPECT_EQ(records.workers.at({"i-1"}).begun, instant(-99));
  EXPECT_EQ(records.workers.at({"i-1"}).last_used, instant(-95));
  EXPECT_EQ(records.attempts.at({"t"}).begun, instant(-98));
  EXPECT_EQ(records.attempts.at({"t"}).begun_wall, WallTime{seconds{1'000'000}});
  EXPECT_EQ(records.stamps.at({"t"}).at, instant(-97));
  EXPECT_EQ(records.closed.at({"t"}).at, instant(-96));
}

}  // namespace
}  // namespace cb::core
