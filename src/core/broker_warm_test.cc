// Warm windows: workers that are kept ready though nobody asks.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/broker_fixture.h"

namespace cb::core::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct WarmTest : BrokerTest {
  // Pending and running, of a pool.
  std::size_t alive_of(const std::string& pool) const {
    return static_cast<std::size_t>(
        std::count_if(world.machines.begin(), world.machines.end(), [&](const auto& entry) {
          const InstanceView& view = entry.second.view;
          return view.tag(kPoolTag) == pool &&
                 (view.state == InstanceState::kPending || view.state == InstanceState::kRunning);
        }));
  }
  std::size_t lines(std::string_view key) const {
    return static_cast<std::size_t>(std::count_if(
        world.log.begin(), world.log.end(), [&](const Log& line) { return line.key == key; }));
  }
  WarmRow row() { return world.pools().front().warm.value_or(WarmRow{}); }
  // With a second pool, b.
  void two_pools(std::size_t max_workers) {
    Settings settings = world.settings();
    settings.max_workers = max_workers;
    settings.pools[PoolName{"b"}] = settings.pools.at(PoolName{"default"});
    settings.pools[PoolName{"b"}].place = 1;
    world.reload(settings);
  }
  CallerId get_of(const std::string& pool) {
    GetWorker request;
    request.pool = PoolName{pool};
    return world.ask(request);
  }
};

TEST_F(WarmTest, ItsWorkerIsLaunchedAheadAndReadyWhenTheWindowBegins) {
  world.want_warm(1, hours{1}, hours{10});
  world.run_for(hours{1} - seconds{91});
  EXPECT_TRUE(world.launches.empty());
  world.run_for(seconds{2});
  EXPECT_EQ(world.launches.size(), 1U);
  EXPECT_TRUE(world.logged("for pool default"));
  EXPECT_TRUE(world.logged("its warm window by day wants 1"));
  world.run_for(seconds{89});
  EXPECT_EQ(world.answer(world.get()), "203.0.113.1");
  EXPECT_EQ(world.launches.size(), 1U);
}

TEST_F(WarmTest, ACallerAndAWarmWindowNeedOneWorker) {
  world.want_warm(1, seconds{0}, hours{10});
  const CallerId caller = world.get();
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
  EXPECT_EQ(world.launches.size(), 1U);
}

TEST_F(WarmTest, TheCallersNeedIsMetOutOfTheSameWorkersAsTheWindows) {
  Settings settings = world.settings();
  settings.max_workers = 5;
  settings.pools[PoolName{"default"}].sharing = Sharing::kExclusive;
  world.reload(settings);
  GetWorker lease;
  lease.leased = true;
  world.connection = {1};
  world.ask(lease);
  world.want_warm(3, seconds{0}, hours{10});
  world.run_for(minutes{1});
  EXPECT_EQ(world.alive(), 3U);
  // One is in use, two are not: a second lease needs no launch, and two more need none.
  world.connection = {2};
  EXPECT_NE(world.answer(world.ask(lease)), "");
  world.run_for(minutes{1});
  EXPECT_EQ(world.alive(), 3U);
}

TEST_F(WarmTest, WithinItsWindowItIsNotIdleAndAfterItTheIdleRuleDecides) {
  world.want_warm(1, seconds{0}, hours{4});
  world.run_for(hours{4} - seconds{1});
  EXPECT_EQ(world.alive(), 1U);
  EXPECT_EQ(world.launches.size(), 1U);
  EXPECT_FALSE(world.status().front().ends_in);
  world.run_for(minutes{1});
  EXPECT_EQ(world.alive(), 0U);
  EXPECT_TRUE(world.logged("is over: its workers end when they are idle"));
}

TEST_F(WarmTest, WhoUsesItAtTheEndOfItsWindowKeepsIt) {
  world.want_warm(1, seconds{0}, hours{4});
  world.run_for(hours{4} - seconds{1});
  ASSERT_TRUE(world.ping("203.0.113.1"));
  world.run_for(minutes{14});
  EXPECT_EQ(world.alive(), 1U);
  world.run_for(minutes{2});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(WarmTest, AWorkerThatEndsIsReplaced) {
  world.want_warm(1, seconds{0}, hours{10});
  world.run_for(minutes{1});
  world.end(world.only(), "Server.SpotInstanceTermination");
  world.run_for(minutes{2});
  EXPECT_EQ(world.launches.size(), 2U);
  EXPECT_EQ(world.alive(), 1U);
}

TEST_F(WarmTest, OneThatHasReachedMaxLifetimeIsReplaced) {
  Settings settings = world.settings();
  settings.max_lifetime = hours{2};
  world.reload(settings);
  world.want_warm(1, seconds{0}, hours{10});
  world.run_for(hours{2} + minutes{2});
  EXPECT_EQ(world.launches.size(), 2U);
  EXPECT_EQ(world.alive(), 1U);
}

TEST_F(WarmTest, OfTheWindowsThatHoldTheLastCountsAlsoWithNoWorkers) {
  const WallTime now = world.now.wall;
  world.windows[PoolName{"default"}] = {{now, now + hours{10}, 2, "by day"},
                                        {now, now + hours{2}, 0, "a holiday"}};
  world.tell_windows();
  world.run_for(hours{2} - minutes{2});
  EXPECT_TRUE(world.launches.empty());
  world.run_for(minutes{3});
  EXPECT_EQ(world.alive(), 2U);
}

TEST_F(WarmTest, WhenFewerAreWantedTheOnesWithTheLeastLifeLeftGoFirst) {
  world.want_warm(1, seconds{0}, hours{10});
  world.run_for(hours{1});
  const InstanceId first = world.only().view.id;
  world.want_warm(2, seconds{0}, hours{2});
  world.run_for(hours{2} + minutes{1});
  EXPECT_EQ(world.alive(), 1U);
  EXPECT_EQ(world.machines.at(first).view.state, InstanceState::kTerminated);
  EXPECT_EQ(world.launches.size(), 2U);
}

TEST_F(WarmTest, TerminateAllIsNotFollowedByALaunchBeforeTheNextWindow) {
  world.want_warm(1, seconds{0}, hours{2});
  world.want_warm(1, hours{5}, hours{7});
  world.run_for(minutes{5});
  world.ask(TerminateAll{});
  EXPECT_TRUE(world.logged("wants nothing until it begins anew, for TERMINATE_ALL came within it"));
  EXPECT_TRUE(row().suspended);
  world.run_for(hours{4});
  EXPECT_EQ(world.launches.size(), 1U);
  world.run_for(hours{1});
  EXPECT_EQ(world.launches.size(), 2U);
}

TEST_F(WarmTest, NorIsOneThatCameBeforeItsWindowBeganButAfterItWasLaunchedFor) {
  world.want_warm(1, minutes{1}, hours{2});
  world.ask(TerminateAll{});
  world.run_for(hours{1});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(WarmTest, ARestartAfterTerminateAllLaunchesNothingEither) {
  world.want_warm(1, seconds{0}, hours{2});
  world.run_for(minutes{5});
  world.ask(TerminateAll{});
  world.run_for(minutes{1});
  world.crash_and_restart(minutes{1});
  world.run_for(hours{1});
  EXPECT_EQ(world.launches.size(), 1U);
}

TEST_F(WarmTest, ACallerAfterTerminateAllIsServedAllTheSame) {
  world.want_warm(1, seconds{0}, hours{2});
  world.run_for(minutes{5});
  world.ask(TerminateAll{});
  world.run_for(minutes{1});
  EXPECT_NE(ready_worker(), "");
  world.run_for(minutes{16});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(WarmTest, WhoStopsLaunchesNothing) {
  world.post(StopRequested{true});
  world.want_warm(1, seconds{0}, hours{2});
  world.run_for(hours{1});
  EXPECT_TRUE(world.launches.empty());
}

TEST_F(WarmTest, ARestartWithinAWindowFindsItsWorker) {
  world.want_warm(1, seconds{0}, hours{10});
  world.run_for(minutes{30});
  world.crash_and_restart(minutes{30});
  world.run_for(hours{1});
  EXPECT_EQ(world.launches.size(), 1U);
  EXPECT_EQ(world.alive(), 1U);
}

TEST_F(WarmTest, ACrashInTheMiddleOfItsLaunchLaunchesOnce) {
  world.lose_launch_answers = true;
  world.want_warm(1, seconds{0}, hours{10});
  world.lose_launch_answers = false;
  world.crash_and_restart(seconds{1});
  world.run_for(minutes{5});
  EXPECT_EQ(world.alive(), 1U);
}

TEST_F(WarmTest, CallersComeFirstAndWarmWindowsLast) {
  two_pools(1);
  const CallerId caller = get_of("b");
  world.want_warm(1, seconds{0}, hours{10});
  world.run_for(minutes{1});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
  EXPECT_EQ(alive_of("default"), 0U);
  EXPECT_EQ(row().trouble, "max_workers = 1 is reached");
  world.run_for(minutes{20});
  EXPECT_EQ(alive_of("default"), 1U);
}

TEST_F(WarmTest, NoCapacityIsSaidOnceAndTriedAgainEverMoreSeldom) {
  world.launch_answers.assign(1000,
                              failure(FailureClass::kCapacity, "InsufficientInstanceCapacity"));
  world.want_warm(1, seconds{0}, hours{10});
  EXPECT_EQ(world.launches.size(), 4U);
  world.run_for(hours{1});
  EXPECT_EQ(lines("warm.short"), 1U);
  EXPECT_LE(world.launches.size(), 4U * 12U);
  EXPECT_THAT(row().trouble, HasSubstr("no capacity for pool default"));
  world.launch_answers.clear();
  world.run_for(minutes{11});
  EXPECT_EQ(world.alive(), 1U);
  EXPECT_EQ(row().trouble, "");
}

TEST_F(WarmTest, BootsThatFailAreNotRepeatedAtOnce) {
  world.never_ready = true;
  world.want_warm(1, seconds{0}, hours{10});
  world.run_for(hours{1});
  EXPECT_LE(world.launches.size(), 10U);
  EXPECT_GE(world.launches.size(), 4U);
}

TEST_F(WarmTest, ACallerIsNotHeldUpByWhatWarmWindowsHaveTriedInVain) {
  world.launch_answers.assign(4, failure(FailureClass::kCapacity, "InsufficientInstanceCapacity"));
  world.want_warm(1, seconds{0}, hours{10});
  world.run_for(minutes{3} + seconds{1});
  EXPECT_NE(ready_worker(), "");
}

TEST_F(WarmTest, ACalendarThatJumpsIsBelievedWithinHalfAMinute) {
  world.want_warm(1, hours{10}, hours{12});
  world.run_for(minutes{1});
  world.now.wall += hours{11};
  world.run_for(seconds{31});
  EXPECT_EQ(world.launches.size(), 1U);
  world.now.wall -= hours{11};
  world.run_for(minutes{17});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(WarmTest, AtTheLimitAWorkerThatNobodyUsesGivesItsPlaceToCallersAndComesBack) {
  two_pools(1);
  world.want_warm(1, seconds{0}, hours{10});
  world.run_for(minutes{20});
  ASSERT_EQ(alive_of("default"), 1U);
  const CallerId caller = get_of("b");
  EXPECT_EQ(world.answer(caller), "");
  world.run_for(minutes{2});
  EXPECT_EQ(world.answer(caller).find("203.0.113."), 0U) << world.answer(caller);
  EXPECT_EQ(alive_of("default"), 0U);
  EXPECT_EQ(lines("warm.yields"), 1U);
  world.run_for(minutes{18});  // nobody uses that of b any more
  EXPECT_EQ(alive_of("b"), 0U);
  EXPECT_EQ(alive_of("default"), 1U);
}

TEST_F(WarmTest, OneThatMayBeInUseGivesNobodyItsPlace) {
  two_pools(1);
  world.want_warm(1, seconds{0}, hours{10});
  world.run_for(minutes{20});
  world.get();
  world.run_for(minutes{5});
  EXPECT_THAT(world.answer(get_of("b")), HasSubstr("max_workers = 1 is reached"));
  world.run_for(minutes{1});
  EXPECT_EQ(alive_of("default"), 1U);
}

TEST_F(WarmTest, OnlyAsManyGiveTheirPlacesAsCallersLack) {
  two_pools(3);
  world.want_warm(3, seconds{0}, hours{10});
  world.run_for(minutes{20});
  ASSERT_EQ(alive_of("default"), 3U);
  const CallerId caller = get_of("b");
  world.run_for(minutes{2});
  EXPECT_EQ(world.answer(caller).find("203.0.113."), 0U) << world.answer(caller);
  EXPECT_EQ(alive_of("default"), 2U);
  EXPECT_EQ(alive_of("b"), 1U);
  EXPECT_EQ(world.launches.size(), 4U);
}

TEST_F(WarmTest, NoPlaceIsGivenToWhoCannotBeLaunchedForAnyway) {
  two_pools(1);
  world.want_warm(1, seconds{0}, hours{10});
  world.run_for(minutes{20});
  Settings settings = world.settings();
  settings.launches_per_hour_max = 1;
  world.reload(settings);
  EXPECT_NE(world.answer(get_of("b")), "");
  world.run_for(minutes{5});
  EXPECT_EQ(alive_of("default"), 1U);
}

TEST_F(WarmTest, WhereAPlaceBecomesFreeAnywayNoneIsGiven) {
  two_pools(2);
  world.want_warm(2, seconds{0}, hours{10});
  world.run_for(minutes{20});
  world.hold_terminations = true;
  world.ask(Release{world.status().front().address, {}});
  const CallerId caller = get_of("b");
  world.run_for(seconds{1});
  EXPECT_EQ(world.answer(caller), "");
  world.hold_terminations = false;
  world.run_for(minutes{2});
  EXPECT_EQ(world.answer(caller).find("203.0.113."), 0U) << world.answer(caller);
  EXPECT_EQ(lines("warm.yields"), 0U);
  EXPECT_EQ(alive_of("default"), 1U);
}

TEST_F(WarmTest, WhoLeavesNeedsNoPlaceAnyMore) {
  two_pools(1);
  world.want_warm(1, seconds{0}, hours{10});
  world.run_for(minutes{20});
  const CallerId caller = get_of("b");
  world.post(CallerGone{caller});
  world.run_for(minutes{5});
  EXPECT_EQ(world.launches.size(), 1U);
  EXPECT_EQ(alive_of("b"), 0U);
  EXPECT_EQ(alive_of("default"), 1U);
}

TEST_F(WarmTest, AReloadChangesWhatIsWanted) {
  world.want_warm(1, seconds{0}, hours{10});
  world.run_for(minutes{1});
  world.windows[PoolName{"default"}].front().workers = 2;
  world.change_settings();
  world.tell_windows();
  world.run_for(minutes{1});
  EXPECT_EQ(world.alive(), 2U);
  world.windows.clear();
  world.tell_windows();
  world.run_for(minutes{17});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(WarmTest, WorkersOfAFormerConfigurationDoNotCount) {
  world.want_warm(1, seconds{0}, hours{10});
  world.run_for(minutes{1});
  ASSERT_EQ(world.answer(world.get()), "203.0.113.1");  // or it ended with the reload
  Settings settings = world.settings();
  settings.pools[PoolName{"default"}].image = "ami-new";
  world.reload(settings);
  world.run_for(minutes{1});
  EXPECT_EQ(world.alive(), 2U);
  world.run_for(minutes{16});
  EXPECT_EQ(world.alive(), 1U);
  EXPECT_EQ(world.launches.size(), 2U);
}

TEST_F(WarmTest, APoolSaysWhatItsWindowsWantAndUntilWhen) {
  EXPECT_FALSE(world.pools().front().warm);
  const WallTime began = world.now.wall;
  world.want_warm(2, hours{1}, hours{2});
  world.want_warm(1, hours{2}, hours{3});
  WarmRow row = this->row();
  EXPECT_FALSE(row.holds);
  EXPECT_EQ(row.wanted, 2U);
  EXPECT_EQ(row.from, began + hours{1});
  EXPECT_EQ(row.until, began + hours{2});
  world.run_for(hours{1});
  row = this->row();
  EXPECT_TRUE(row.holds);
  EXPECT_EQ(row.schedule, "by day");
  EXPECT_EQ(row.until, began + hours{2});
  world.run_for(hours{1});
  EXPECT_EQ(this->row().wanted, 1U);
  EXPECT_EQ(this->row().until, began + hours{3});
  world.run_for(hours{1});
  EXPECT_EQ(this->row().schedule, "");
}

}  // namespace
}  // namespace cb::core::testing
