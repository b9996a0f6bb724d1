// How a caller comes to a worker, in virtual time.

#include <gtest/gtest.h>

#include <algorithm>

#include "core/advice/cloud_advice.h"
#include "core/broker_fixture.h"

namespace cb::core::testing {
namespace {

TEST_F(BrokerTest, FiftyCallersAtOnceCauseOneLaunchAndGetEqualAnswers) {
  std::vector<CallerId> callers;
  for (int i = 0; i < 50; ++i) callers.push_back(world.get());
  world.run_for(seconds{30});
  EXPECT_EQ(world.launches.size(), 1U);
  for (const CallerId caller : callers) EXPECT_EQ(world.answer(caller), "203.0.113.1");
}

TEST_F(BrokerTest, ACallerWhoGivesUpAndAsksAgainEightTimesCausesOneLaunch) {
  for (int i = 0; i < 8; ++i) {
    const CallerId caller = world.get();
    world.run_for(seconds{1});
    world.post(CallerGone{caller});
  }
  EXPECT_EQ(world.launches.size(), 1U);
}

TEST_F(BrokerTest, ACallerWhoVanishesDuringTheLaunchLeavesItToTheNextAndThenToTheIdleRule) {
  const CallerId gone = world.get();
  world.run_for(seconds{3});
  world.post(CallerGone{gone});
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(gone), "");
  EXPECT_EQ(world.answer(world.get()), "203.0.113.1");
  EXPECT_EQ(world.launches.size(), 1U);
  world.run_for(minutes{16});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(BrokerTest, AnAddressIsGivenOnlyWhenTheServiceAnswersAndThenWithinAQuarterSecond) {
  world.boot = milliseconds{6'130};
  world.early = milliseconds{130};
  const CallerId caller = world.get();
  world.run_for(seconds{16});
  EXPECT_EQ(world.answer(caller), "");
  world.run_for(milliseconds{130 + 250});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
}

TEST_F(BrokerTest, TheNextCandidateIsTriedAtOnceWhenThereIsNoCapacity) {
  world.launch_answers = {failure(FailureClass::kCapacity, "InsufficientInstanceCapacity"),
                          failure(FailureClass::kCapacity, "InsufficientInstanceCapacity")};
  const CallerId caller = world.get();
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
  ASSERT_EQ(world.launches.size(), 3U);
  EXPECT_EQ(world.only().view.type, "c7a.16xlarge");
}

TEST_F(BrokerTest, CapacityGoneEverywhereOnSpotGivesAnOnDemandWorker) {
  world.launch_answers.assign(3, failure(FailureClass::kCapacity, "InsufficientInstanceCapacity"));
  const CallerId caller = world.get();
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
  EXPECT_EQ(world.only().view.market, Market::kOnDemand);
}

TEST_F(BrokerTest, NoCapacityAnywhereNamesEveryCandidateAndIsRememberedForThreeMinutes) {
  world.launch_answers.assign(3, failure(FailureClass::kCapacity, "InsufficientInstanceCapacity"));
  world.launch_answers.push_back(failure(FailureClass::kQuota, "VcpuLimitExceeded"));
  EXPECT_EQ(
      world.answer(world.get()),
      "ERROR: no capacity for pool default (c7i.16xlarge spot, c6i.16xlarge spot, "
      "c7a.16xlarge spot: InsufficientInstanceCapacity: said the test; c7i.16xlarge "
      "on-demand: VcpuLimitExceeded: said the test (" +
          advice(failure(FailureClass::kQuota, "VcpuLimitExceeded"),
                 {.region = "us-east-1", .type = "c7i.16xlarge", .market = Market::kOnDemand}) +
          ")); tried again in 3m");
  EXPECT_NE(world.answer(world.get()).find("no capacity"), std::string::npos);
  EXPECT_EQ(world.launches.size(), 4U);
  world.run_for(minutes{3});
  const CallerId later = world.get();
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(later), "203.0.113.1");
}

TEST_F(BrokerTest, AQuotaClosesItsMarketAndIsSaidOnce) {
  world.launch_answers = {failure(FailureClass::kQuota, "MaxSpotInstanceCountExceeded")};
  world.get();
  world.run_for(seconds{30});
  EXPECT_EQ(world.launches.size(), 2U);
  EXPECT_EQ(world.only().view.market, Market::kOnDemand);
  const auto alerts = std::count_if(world.log.begin(), world.log.end(),
                                    [](const Log& line) { return line.level == LogLevel::kAlert; });
  EXPECT_EQ(alerts, 1);
}

TEST_F(BrokerTest, FiftyCallersWhileEc2ThrottlesMakeOneBackedOffLaunch) {
  world.launch_answers.assign(4, failure(FailureClass::kThrottle, "RequestLimitExceeded"));
  std::vector<CallerId> callers;
  for (int i = 0; i < 50; ++i) callers.push_back(world.get());
  world.run_for(minutes{2});
  EXPECT_EQ(world.launches.size(), 5U);
  for (const LaunchInstance& launch : world.launches) {
    EXPECT_EQ(launch.token, world.launches[0].token);
  }
  for (const CallerId caller : callers) EXPECT_EQ(world.answer(caller), "203.0.113.1");
}

TEST_F(BrokerTest, AThrottledLaunchKeepsItsTurnWhileItIsAskedWhoseTheKeysAre) {
  world.launch_answers = {failure(FailureClass::kThrottle, "RequestLimitExceeded")};
  const CallerId caller = world.get();
  world.hold_identity = true;
  world.post(KeysChanged{});
  world.run_for(seconds{5});
  EXPECT_EQ(world.launches.size(), 1U);
  world.post(Identified{world.identity});
  world.run_for(minutes{1});
  ASSERT_EQ(world.launches.size(), 2U);
  EXPECT_EQ(world.launches[1].token, world.launches[0].token);
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
}

TEST_F(BrokerTest, ALaunchThatWaitsForWhoseTheKeysAreGoesAsSoonAsThatIsKnown) {
  world.launch_answers = {failure(FailureClass::kThrottle, "RequestLimitExceeded")};
  world.get();
  world.hold_identity = true;
  world.post(KeysChanged{});
  world.run_for(seconds{5});
  ASSERT_EQ(world.launches.size(), 1U);
  world.post(Identified{world.identity});
  world.run_for({});
  EXPECT_EQ(world.launches.size(), 2U);
}

TEST_F(BrokerTest, ACallThatWasNotMadeGivesTheTokenNoTime) {
  Settings settings = SmallWorld::usable_settings();
  settings.token_reuse_limit = minutes{5};
  world.reload(settings);
  world.lose_launch_answers = true;
  world.get();
  world.machines.clear();  // it never reached EC2
  world.save_failure = "no space left on device";
  world.run_for(minutes{6});
  world.save_failure.reset();
  world.post(SaveWorks{});
  world.run_for(seconds{30});
  EXPECT_EQ(world.launches.size(), 1U);
}

TEST_F(BrokerTest, ARefusalIsToldAtOnceAndRecoversByItself) {
  world.launch_answers = {failure(FailureClass::kDenied, "UnauthorizedOperation")};
  EXPECT_NE(world.answer(world.get()).find("UnauthorizedOperation"), std::string::npos);
  EXPECT_NE(world.answer(world.get()).find("UnauthorizedOperation"), std::string::npos);
  EXPECT_EQ(world.launches.size(), 1U);
  world.run_for(seconds{31});
  EXPECT_EQ(ready_worker(), "203.0.113.1");
}

TEST_F(BrokerTest, WhatWasTriedForCallersWhoWereServedIsNoRefusalOfLaterOnes) {
  const std::string address = ready_worker();
  world.only().service_up = Instant::max();
  world.run_for(seconds{10});
  world.launch_answers.assign(3, failure(FailureClass::kCapacity, "InsufficientInstanceCapacity"));
  world.launch_answers.insert(world.launch_answers.end(), 3,
                              failure(FailureClass::kThrottle, "RequestLimitExceeded"));
  const CallerId caller = world.get();
  world.only().service_up = world.now.boot;
  world.run_for(seconds{20});
  ASSERT_EQ(world.answer(caller), address) << "it came back";
  world.ask(Release{address});
  world.run_for(hours{1});
  world.launch_answers.clear();
  EXPECT_EQ(ready_worker(), "203.0.113.2");
}

TEST_F(BrokerTest, ALaunchThatEndsByItselfIsFollowedByTheNextCandidate) {
  const CallerId caller = world.get();
  world.run_for(seconds{2});
  world.end(world.only(), "Server.InsufficientInstanceCapacity");
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(caller), "203.0.113.2");
  EXPECT_EQ(world.machines.at({"i-2"}).view.type, "c6i.16xlarge");
}

TEST_F(BrokerTest, AWorkerThatStaysPendingForEverIsTerminatedAndTheNextCandidateTried) {
  world.never_running = true;
  const CallerId caller = world.get();
  world.run_for(minutes{2});
  world.never_running = false;
  world.machines.begin()->second.launched = Instant::max() - hours{1};
  world.run_for(minutes{2});
  EXPECT_EQ(world.answer(caller), "203.0.113.2");
  EXPECT_EQ(world.terminated, (std::vector<InstanceId>{{"i-1"}}));
  EXPECT_EQ(world.alive(), 1U);
}

TEST_F(BrokerTest, AWorkerWithoutAnAddressIsBadConfigurationAndNamesTheSubnet) {
  const CallerId caller = world.get();
  world.run_for(seconds{1});
  world.only().view.state = InstanceState::kRunning;
  world.run_for(minutes{2});
  EXPECT_NE(world.answer(caller).find("subnet"), std::string::npos) << world.answer(caller);
  EXPECT_EQ(world.alive(), 0U);
}

TEST(BrokerLimits, TenBootsThatFailInARowOpenTheBreakerAndThenOneTrialIsMade) {
  Settings settings = SmallWorld::usable_settings();
  settings.pools.begin()->second.instance_types = {"a", "b", "c", "d", "e", "f"};
  SmallWorld world{settings};
  world.start();
  world.never_ready = true;
  world.get(hours{1});
  world.run_for(minutes{25});
  world.get(hours{1});
  world.run_for(minutes{12});
  EXPECT_EQ(world.launches.size(), 10U);
  EXPECT_NE(world.answer(world.get()).find("never became ready"), std::string::npos);
  world.run_for(minutes{10});
  world.get();
  world.run_for(minutes{4});
  EXPECT_EQ(world.launches.size(), 11U);
  EXPECT_NE(world.answer(world.get()).find("never became ready"), std::string::npos);
  EXPECT_EQ(world.alive(), 0U);
}

TEST(BrokerLimits, NoMoreThanLaunchesPerHourMaxAlsoAcrossARestart) {
  Settings settings = SmallWorld::usable_settings();
  settings.launches_per_hour_max = 3;
  SmallWorld world{settings};
  world.start();
  for (int i = 0; i < 3; ++i) {
    const CallerId caller = world.get();
    world.run_for(seconds{30});
    world.ask(Release{world.answer(caller)});
    world.run_for(seconds{5});
  }
  world.crash_and_restart();
  const std::string refused = world.answer(world.get());
  EXPECT_NE(refused.find("launches_per_hour_max = 3"), std::string::npos) << refused;
  EXPECT_EQ(world.launches.size(), 3U);
  world.run_for(hours{1});
  world.get();
  EXPECT_EQ(world.launches.size(), 4U);
}

TEST(BrokerLimits, UnknownOutcomesCountTowardsMaxWorkers) {
  Settings settings = SmallWorld::usable_settings();
  settings.max_workers = 1;
  SmallWorld world{settings};
  world.start();
  world.launch_answers = {LaunchOutcomeUnknown{failure(FailureClass::kUnknownOutcome, "reset")}};
  world.get();
  world.ask(TerminateAll{});
  const std::string refused = world.answer(world.get());
  EXPECT_NE(refused.find("max_workers = 1"), std::string::npos) << refused;
  EXPECT_EQ(world.launches.size(), 1U);
}

TEST_F(BrokerTest, AnAnswerThatIsLostIsAskedForAgainWithTheSameToken) {
  world.lose_launch_answers = true;
  const CallerId caller = world.get();
  world.machines.begin()->second.listed = false;
  world.run_for(seconds{5});
  EXPECT_GE(world.launches.size(), 2U);
  world.lose_launch_answers = false;
  world.run_for(seconds{60});
  for (const LaunchInstance& launch : world.launches) {
    EXPECT_EQ(launch.token, world.launches[0].token);
    EXPECT_EQ(launch.request, world.launches[0].request);
  }
  world.machines.begin()->second.listed = true;
  world.run_for(seconds{5});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
  EXPECT_EQ(world.machines.size(), 1U);
}

TEST_F(BrokerTest, ALostAnswerIsSettledByTheListing) {
  world.lose_launch_answers = true;
  const CallerId caller = world.get();
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
  EXPECT_TRUE(world.journal.attempts.empty());
}

TEST_F(BrokerTest, AnUnknownOutcomeIsNotAskedAgainWhenNobodyWaitsAndIsClosedAfterItsGrace) {
  world.launch_answers = {LaunchOutcomeUnknown{failure(FailureClass::kUnknownOutcome, "reset")}};
  const CallerId caller = world.get();
  world.post(CallerGone{caller});
  world.run_for(minutes{9});
  EXPECT_EQ(world.launches.size(), 1U);
  EXPECT_EQ(world.journal.attempts.size(), 1U);
  world.run_for(minutes{2});
  EXPECT_TRUE(world.journal.attempts.empty());
  EXPECT_EQ(world.journal.closed.size(), 1U);
}

TEST_F(BrokerTest, AnUnknownOutcomeIsLookedForFromItsLatestCallOn) {
  world.launch_answers.assign(
      200, LaunchOutcomeUnknown{failure(FailureClass::kUnknownOutcome, "timeout")});
  world.get(minutes{9});
  world.run_for(minutes{18});
  EXPECT_EQ(world.journal.attempts.size(), 1U);  // the call of the ninth minute may still happen
  world.run_for(minutes{2});
  EXPECT_TRUE(world.journal.attempts.empty());
}

TEST_F(BrokerTest, ALaunchThatWasCalledLateIsLookedForFromItsAnswerOn) {
  world.hold_launches = true;
  world.post(CallerGone{world.get()});
  world.only().listed = false;
  // The process stood still between the intent and the call.
  world.now.boot += minutes{20};
  world.now.wall += minutes{20};
  const LaunchToken token = world.journal.attempts.begin()->first;
  world.post(LaunchAnswered{
      token, "us-east-1", LaunchOutcomeUnknown{failure(FailureClass::kUnknownOutcome, "timeout")}});
  world.run_for(minutes{9});
  EXPECT_EQ(world.journal.attempts.size(), 1U);
  world.run_for(minutes{2});
  EXPECT_TRUE(world.journal.attempts.empty());
}

TEST_F(BrokerTest, ARestartNeedsNoFurtherGraceForALaunchThatWasNotAskedAgain) {
  world.launch_answers = {LaunchOutcomeUnknown{failure(FailureClass::kUnknownOutcome, "reset")}};
  world.post(CallerGone{world.get()});
  world.crash_and_restart(minutes{25});
  world.run_for(minutes{1});
  EXPECT_TRUE(world.journal.attempts.empty());
}

TEST_F(BrokerTest, AnInstanceThatTurnsUpAfterItsLaunchWasGivenUpIsEnded) {
  world.lose_launch_answers = true;
  const CallerId caller = world.get();
  world.only().listed = false;
  world.post(CallerGone{caller});
  world.run_for(minutes{12});
  EXPECT_TRUE(world.journal.attempts.empty());
  world.only().listed = true;
  world.run_for(minutes{1});
  EXPECT_EQ(world.alive(), 0U);
}

// A launch that left no instance, as it seems.
struct LateLaunch : BrokerTest {
  void lose_one() {
    world.lose_launch_answers = true;
    world.post(CallerGone{world.get()});
    world.only().listed = false;
  }
  // It is listed just when the one that somebody waits for has ended: what he gets.
  std::string served_while_it_turns_up() {
    world.lose_launch_answers = false;
    const CallerId caller = world.get();
    world.run_for(seconds{2});
    launches = world.launches.size();
    world.machines.at({"i-1"}).listed = true;
    world.end(world.machines.at({"i-2"}), "Server.InternalError");
    world.run_for(seconds{60});
    return world.answer(caller);
  }
  std::size_t launches = 0;  // that were made before it turned up
};

TEST_F(LateLaunch, IsUsedWhenTheOneThatWasWaitedForHasEnded) {
  lose_one();
  world.run_for(minutes{12});
  EXPECT_EQ(served_while_it_turns_up(), "203.0.113.1");
  EXPECT_EQ(world.launches.size(), launches);
}

TEST_F(LateLaunch, OfWhatTerminateAllHasDoomedEndsThoughSomebodyWaits) {
  lose_one();
  world.ask(TerminateAll{});
  world.run_for(minutes{12});
  ASSERT_TRUE(world.journal.attempts.empty());
  world.crash_and_restart();
  world.run_for(seconds{5});
  EXPECT_EQ(served_while_it_turns_up(), "203.0.113.3");
  EXPECT_EQ(world.terminated, (std::vector<InstanceId>{{"i-1"}}));
}

TEST_F(LateLaunch, ThatWasGivenUpBeforeATerminateAllEndsWhenItTurnsUpAfterIt) {
  lose_one();
  world.run_for(minutes{12});
  world.ask(TerminateAll{});
  EXPECT_EQ(served_while_it_turns_up(), "203.0.113.3");
  EXPECT_EQ(world.terminated, (std::vector<InstanceId>{{"i-1"}}));
}

TEST_F(BrokerTest, ALateInstanceThatHasEndedIsNotTakenUpAgainAfterARestart) {
  world.lose_launch_answers = true;
  world.post(CallerGone{world.get()});
  world.only().listed = false;
  world.run_for(minutes{12});
  world.only().listed = true;
  world.run_for(minutes{2});
  EXPECT_TRUE(world.journal.closed.empty());
  world.crash_and_restart();
  world.log.clear();
  world.run_for(minutes{1});
  EXPECT_FALSE(world.logged("worker.gone"));
  EXPECT_FALSE(world.logged("has ended"));
}

TEST_F(BrokerTest, NothingIsLaunchedBesideABootThatIsNotGivenUpYet) {
  world.never_ready = true;
  world.get();
  world.run_for(minutes{3} - milliseconds{1});
  ASSERT_EQ(world.launches.size(), 1U);
  // Two more ask in the very moment in which its time is over, one for just what it is.
  world.now.boot += milliseconds{1};
  world.now.wall += milliseconds{1};
  world.get();
  GetWorker spot;
  spot.market = Market::kSpot;
  world.ask(spot);
  EXPECT_EQ(world.launches.size(), 1U);
  EXPECT_EQ(world.alive(), 1U);
}

TEST_F(BrokerTest, ATokenMismatchStopsLaunchingUntilItIsSettled) {
  world.launch_answers = {failure(FailureClass::kTokenMismatch, "IdempotentParameterMismatch")};
  EXPECT_NE(world.answer(world.get()).find("IdempotentParameterMismatch"), std::string::npos);
  world.run_for(minutes{5});
  EXPECT_NE(world.answer(world.get()).find("IdempotentParameterMismatch"), std::string::npos);
  EXPECT_EQ(world.launches.size(), 1U);
}

TEST_F(BrokerTest, AListingThatFailsAfterTheLaunchOnlyDelays) {
  const CallerId caller = world.get();
  world.listing_failure = failure(FailureClass::kUnknownOutcome, "InternalError");
  world.run_for(seconds{20});
  world.listing_failure.reset();
  world.run_for(seconds{10});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
  EXPECT_EQ(world.launches.size(), 1U);
}

}  // namespace
}  // namespace cb::core::testing
