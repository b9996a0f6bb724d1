#include "core/step/timers.h"

#include <gtest/gtest.h>

namespace cb::core {
namespace {

Instant at(int s) {
  return Instant{seconds{s}};
}

TEST(Timers, OneTimerIsDueOnceAtTheTimeItWasLastArmedFor) {
  Timers timers;
  timers.arm({TimerKind::kWorkerIdle, "i-1"}, at(10));
  timers.arm({TimerKind::kWorkerIdle, "i-1"}, at(20));
  EXPECT_FALSE(timers.take_due(at(19)));
  EXPECT_EQ(timers.take_due(at(20))->id, "i-1");
  EXPECT_FALSE(timers.take_due(at(99)));
}

TEST(Timers, TheEarliestComesFirstAndACancelledOneNever) {
  Timers timers;
  timers.arm({TimerKind::kWorkerIdle, "b"}, at(2));
  timers.arm({TimerKind::kWorkerIdle, "a"}, at(1));
  timers.arm({TimerKind::kListing, ""}, at(1));
  timers.cancel({TimerKind::kListing, ""});
  EXPECT_EQ(timers.next(), at(1));
  EXPECT_EQ(timers.take_due(at(5))->id, "a");
  EXPECT_EQ(timers.take_due(at(5))->id, "b");
  EXPECT_FALSE(timers.next());
}

TEST(Timers, ArmByMovesOnlyToAnEarlierTime) {
  Timers timers;
  timers.arm_by({TimerKind::kSaveRetry, ""}, at(5));
  timers.arm_by({TimerKind::kSaveRetry, ""}, at(9));
  EXPECT_EQ(timers.next(), at(5));
  timers.arm_by({TimerKind::kSaveRetry, ""}, at(3));
  EXPECT_EQ(timers.next(), at(3));
}

}  // namespace
}  // namespace cb::core
