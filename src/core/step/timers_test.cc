#include "core/step/timers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "base/prng.h"

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

TEST(Timers, ThoseOfOneTimeComeInTheOrderOfTheirNames) {
  Timers timers;
  timers.arm({TimerKind::kListing, ""}, at(1));
  timers.arm({TimerKind::kWorkerProbe, "b"}, at(1));
  timers.arm({TimerKind::kWorkerIdle, "c"}, at(1));
  timers.arm({TimerKind::kWorkerProbe, "a"}, at(1));
  EXPECT_EQ(timers.take_due(at(1))->id, "c");
  EXPECT_EQ(timers.take_due(at(1))->id, "a");
  EXPECT_EQ(timers.take_due(at(1))->id, "b");
  EXPECT_EQ(timers.take_due(at(1))->kind, TimerKind::kListing);
}

TEST(Timers, WhatIsPostponedRemembersWhatItWasWantedForUntilItIsArmedAnew) {
  Timers timers;
  timers.arm({TimerKind::kWorkerIdle, "a"}, at(1));
  timers.postpone(*timers.take_due(at(1)), at(5));
  timers.postpone(*timers.take_due(at(5)), at(9));
  EXPECT_EQ(timers.next(), at(9));
  EXPECT_EQ(timers.take_due(at(9))->wanted, at(1));
  timers.arm({TimerKind::kWorkerIdle, "a"}, at(11));
  timers.postpone(*timers.take_due(at(11)), at(12));
  timers.arm({TimerKind::kWorkerIdle, "a"}, at(12));
  EXPECT_EQ(timers.take_due(at(12))->wanted, at(12));
}

// Thousands of timers that are armed, moved and cancelled, against a list that is sorted each time.
TEST(Timers, ManyAreDueInTheSameOrderAsInASortedList) {
  Timers timers;
  std::map<Timer, Instant> model;
  Prng chance{7};
  Instant now = at(0);
  for (int round = 0; round < 20'000; ++round) {
    const Timer timer{static_cast<TimerKind>(chance.below(4)), std::to_string(chance.below(100))};
    const Instant when = now + seconds{static_cast<int>(chance.below(50))};
    const auto known = model.find(timer);
    switch (chance.below(6)) {
      case 0:
        timers.cancel(timer);
        model.erase(timer);
        break;
      case 1:
        timers.arm_by(timer, when);
        if (known == model.end() || when < known->second) model[timer] = when;
        break;
      case 2:
        now += seconds{1};
        while (const auto due = timers.take_due(now)) {
          const auto first =
              std::min_element(model.begin(), model.end(), [](const auto& a, const auto& b) {
                return std::tie(a.second, a.first) < std::tie(b.second, b.first);
              });
          ASSERT_NE(first, model.end());
          ASSERT_EQ(static_cast<const Timer&>(*due), first->first);
          ASSERT_EQ(due->wanted, first->second);
          model.erase(first);
        }
        break;
      default:
        timers.arm(timer, when);
        model[timer] = when;
    }
    ASSERT_EQ(timers.armed(timer), model.contains(timer));
    const auto next = timers.next();
    ASSERT_EQ(next.has_value(), !model.empty());
    ASSERT_TRUE(!next || *next > now - seconds{1});
  }
}

}  // namespace
}  // namespace cb::core
