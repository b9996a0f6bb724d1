#include "core/agenda.h"

#include <gtest/gtest.h>

namespace cb::core {
namespace {

Instant at(int s) {
  return Instant{seconds{s}};
}

TEST(Agenda, OneTimerIsDueOnceAtTheTimeItWasLastArmedFor) {
  Agenda agenda;
  agenda.arm({TimerKind::kWorkerIdle, "i-1"}, at(10));
  agenda.arm({TimerKind::kWorkerIdle, "i-1"}, at(20));
  EXPECT_FALSE(agenda.take_due(at(19)));
  EXPECT_EQ(agenda.take_due(at(20))->id, "i-1");
  EXPECT_FALSE(agenda.take_due(at(99)));
}

TEST(Agenda, TheEarliestComesFirstAndACancelledOneNever) {
  Agenda agenda;
  agenda.arm({TimerKind::kWorkerIdle, "b"}, at(2));
  agenda.arm({TimerKind::kWorkerIdle, "a"}, at(1));
  agenda.arm({TimerKind::kListing, ""}, at(1));
  agenda.cancel({TimerKind::kListing, ""});
  EXPECT_EQ(agenda.next(), at(1));
  EXPECT_EQ(agenda.take_due(at(5))->id, "a");
  EXPECT_EQ(agenda.take_due(at(5))->id, "b");
  EXPECT_FALSE(agenda.next());
}

TEST(Agenda, ArmByMovesOnlyToAnEarlierTime) {
  Agenda agenda;
  agenda.arm_by({TimerKind::kSaveRetry, ""}, at(5));
  agenda.arm_by({TimerKind::kSaveRetry, ""}, at(9));
  EXPECT_EQ(agenda.next(), at(5));
  agenda.arm_by({TimerKind::kSaveRetry, ""}, at(3));
  EXPECT_EQ(agenda.next(), at(3));
}

}  // namespace
}  // namespace cb::core
