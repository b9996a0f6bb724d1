// The broker's promises, each in virtual time.

#include "core/broker.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "core/small_world.h"

namespace cb::core::testing {
namespace {

constexpr auto kSpotOut = "InsufficientInstanceCapacity";

CloudFailure failure(FailureClass what, const std::string& code) {
  return {what, code, "said the test"};
}

struct BrokerTest : ::testing::Test {
  SmallWorld world;

  void SetUp() override { world.start(); }
  // A ready worker's address.
  std::string ready_worker() {
    const CallerId caller = world.get();
    world.run_for(seconds{30});
    return world.answer(caller);
  }
};

// --- launching and sharing

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
  const CallerId caller = world.get();
  world.run_for(seconds{16});
  EXPECT_EQ(world.answer(caller), "");
  world.run_for(milliseconds{130 + 250});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
}

TEST_F(BrokerTest, TheNextCandidateIsTriedAtOnceWhenThereIsNoCapacity) {
  world.launch_answers = {failure(FailureClass::kCapacity, kSpotOut),
                          failure(FailureClass::kCapacity, kSpotOut)};
  const CallerId caller = world.get();
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
  ASSERT_EQ(world.launches.size(), 3U);
  EXPECT_EQ(world.only().view.type, "c7a.16xlarge");
}

TEST_F(BrokerTest, CapacityGoneEverywhereOnSpotGivesAnOnDemandWorker) {
  world.launch_answers.assign(3, failure(FailureClass::kCapacity, kSpotOut));
  const CallerId caller = world.get();
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
  EXPECT_EQ(world.only().view.market, Market::kOnDemand);
}

TEST_F(BrokerTest, NoCapacityAnywhereNamesEveryCandidateAndIsRememberedForThreeMinutes) {
  world.launch_answers.assign(3, failure(FailureClass::kCapacity, kSpotOut));
  world.launch_answers.push_back(failure(FailureClass::kQuota, "VcpuLimitExceeded"));
  EXPECT_EQ(world.answer(world.get()),
            "ERROR: no capacity for pool default (c7i.16xlarge spot: InsufficientInstanceCapacity;"
            " c6i.16xlarge spot: InsufficientInstanceCapacity; c7a.16xlarge spot:"
            " InsufficientInstanceCapacity; c7i.16xlarge on-demand: VcpuLimitExceeded)");
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

TEST_F(BrokerTest, ARefusalIsToldAtOnceAndRecoversByItself) {
  world.launch_answers = {failure(FailureClass::kDenied, "UnauthorizedOperation")};
  EXPECT_NE(world.answer(world.get()).find("UnauthorizedOperation"), std::string::npos);
  EXPECT_NE(world.answer(world.get()).find("UnauthorizedOperation"), std::string::npos);
  EXPECT_EQ(world.launches.size(), 1U);
  world.run_for(seconds{31});
  EXPECT_EQ(ready_worker(), "203.0.113.1");
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
  world.hold_launches = true;
  world.get();
  world.ask(TerminateAll{});
  const std::string refused = world.answer(world.get());
  EXPECT_NE(refused.find("max_workers = 1"), std::string::npos) << refused;
  EXPECT_EQ(world.launches.size(), 1U);
}

// --- money: outcomes that are not known

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

// --- idleness and ends

TEST_F(BrokerTest, AnIdleWorkerEndsAtItsMoment) {
  const std::string address = ready_worker();
  world.run_for(minutes{10});
  EXPECT_TRUE(world.ping(address));
  world.run_for(minutes{15} - milliseconds{1});
  EXPECT_EQ(world.alive(), 1U);
  world.run_for(milliseconds{1});
  EXPECT_EQ(world.alive(), 0U);
  EXPECT_TRUE(world.logged("idle 900 s (limit 900 s): terminating"));
}

TEST_F(BrokerTest, ASixteenMinuteComputationWithAPingEveryFiveMinutesLives) {
  const std::string address = ready_worker();
  for (int i = 0; i < 3; ++i) {
    world.run_for(minutes{5});
    EXPECT_TRUE(world.ping(address));
  }
  world.run_for(minutes{1});
  EXPECT_EQ(world.alive(), 1U);
}

TEST_F(BrokerTest, AGetWorkerAfterTheIdleTimeOutIsServedByOneCleanReplacement) {
  const std::string first = ready_worker();
  world.hold_terminations = true;
  world.run_for(minutes{15});
  const CallerId caller = world.get();
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(caller), "203.0.113.2");
  EXPECT_FALSE(world.ping(first));
  EXPECT_EQ(world.launches.size(), 2U);
}

TEST_F(BrokerTest, AReleasedAddressIsNotHandedOutAndAnswersNoPing) {
  const std::string address = ready_worker();
  EXPECT_EQ(world.answer(world.ask(Release{address})), "OK");
  EXPECT_FALSE(world.ping(address));
  EXPECT_EQ(world.answer(world.ask(Release{address})), "OK");
  EXPECT_EQ(world.answer(world.ask(Release{"192.0.2.77"})), "OK");
  world.run_for(seconds{5});
  EXPECT_EQ(world.alive(), 0U);
  EXPECT_TRUE(world.journal.workers.empty());
}

TEST_F(BrokerTest, OneFailedTerminationIsRetriedAndTheOthersGoOn) {
  ready_worker();
  world.terminate_failures.assign(3, failure(FailureClass::kUnexpected, "InternalFailure"));
  world.run_for(minutes{17});
  EXPECT_EQ(world.alive(), 0U);
  world.get();
  world.run_for(seconds{30});
  EXPECT_EQ(world.alive(), 1U);
}

TEST_F(BrokerTest, AnAcceptedTerminationIsRepeatedUntilAListingSaysTerminated) {
  const std::string address = ready_worker();
  world.terminate_failures = {TerminateAccepted{{{{"i-1"}, InstanceState::kShuttingDown}}, {}}};
  world.ask(Release{address});
  world.run_for(seconds{59});
  EXPECT_EQ(world.journal.workers.size(), 1U);
  world.run_for(seconds{5});
  EXPECT_EQ(world.alive(), 0U);
  EXPECT_TRUE(world.journal.workers.empty());
}

TEST_F(BrokerTest, AWorkerEndedBehindItsBackIsNoticedAndTheNextCallerGetsAnother) {
  const std::string first = ready_worker();
  world.end(world.only(), "Client.UserInitiatedShutdown");
  world.run_for(seconds{6});
  const CallerId caller = world.get();
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(caller), "203.0.113.2");
  EXPECT_FALSE(world.ping(first));
}

TEST_F(BrokerTest, AWorkerThatRefusesTwiceIsSuspectUntilItAcceptsAgain) {
  const std::string address = ready_worker();
  world.only().service_up = world.now.boot + seconds{20};
  world.run_for(seconds{5});
  const CallerId caller = world.get();
  EXPECT_EQ(world.answer(caller), "");
  world.run_for(seconds{40});
  EXPECT_EQ(world.answer(world.get()), address);
}

TEST_F(BrokerTest, AWorkerUnreachableForTwoMinutesIsTerminated) {
  ready_worker();
  world.only().service_up = Instant::max();
  world.run_for(minutes{2} + seconds{5});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(BrokerTest, AWorkerMissingFromListingsIsGoneOnlyAfterTwoOfThemAndAQuestionById) {
  const std::string address = ready_worker();
  world.run_for(minutes{3});
  world.only().listed = false;
  world.run_for(minutes{3});
  EXPECT_TRUE(world.ping(address));
  world.machines.clear();
  world.run_for(minutes{2});
  EXPECT_FALSE(world.ping(address));
}

TEST_F(BrokerTest, NoWorkerOutlivesMaxLifetime) {
  const std::string address = ready_worker();
  for (int i = 0; i < 12 * 6; ++i) {
    world.run_for(minutes{10});
    world.ping(address);
  }
  EXPECT_EQ(world.alive(), 0U);
  EXPECT_TRUE(world.logged("max_lifetime"));
}

// --- commands

TEST_F(BrokerTest, TerminateAllEndsWorkersAndLaunchesAndRefusesWhoWaits) {
  ready_worker();
  const CallerId all = world.ask(TerminateAll{});
  EXPECT_EQ(world.answer(all), "ended i-1");
  world.run_for(seconds{3});
  EXPECT_EQ(world.answer(world.ask(TerminateAll{})), "nothing");
  world.hold_launches = true;
  const CallerId waiting = world.get();
  const CallerId second = world.ask(TerminateAll{});
  EXPECT_EQ(world.answer(waiting), "ERROR: terminated by TERMINATE_ALL");
  EXPECT_EQ(world.answer(second), "");
  world.run_for(seconds{10});
  EXPECT_EQ(world.answer(second), "ended i-2");
  EXPECT_EQ(world.alive(), 0U);
  world.hold_launches = false;
  const CallerId later = world.get();
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(later), "203.0.113.3");
}

TEST_F(BrokerTest, AFailedTerminateAllSaysSo) {
  ready_worker();
  world.terminate_failures = {failure(FailureClass::kDenied, "UnauthorizedOperation")};
  EXPECT_NE(world.answer(world.ask(TerminateAll{})).find("failed: TerminateInstances failed"),
            std::string::npos);
}

TEST_F(BrokerTest, ListAllsInFlightShareOneListingAndThereIsAtMostOneASecond) {
  world.run_for(seconds{10});
  const std::size_t before = world.listings;
  std::vector<CallerId> callers;
  for (int i = 0; i < 20; ++i) callers.push_back(world.ask(ListAll{}));
  world.run_for(seconds{1});
  for (const CallerId caller : callers) EXPECT_EQ(world.answer(caller), "0 instances");
  EXPECT_LE(world.listings - before, 2U);
}

TEST_F(BrokerTest, StatusShowsReadyWorkersOnly) {
  world.get();
  EXPECT_EQ(world.answer(world.ask(ShowStatus{})), "0 rows");
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(world.ask(ShowStatus{})), "1 rows");
}

TEST_F(BrokerTest, PatienceThatEndsIsAnErrorAndTheLaunchGoesOn) {
  const CallerId caller = world.get(seconds{5});
  world.run_for(seconds{5});
  EXPECT_NE(world.answer(caller).find("no worker was ready within 5s"), std::string::npos);
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(world.get()), "203.0.113.1");
  EXPECT_EQ(world.launches.size(), 1U);
}

// --- restarts

TEST_F(BrokerTest, ARestartWhilePendingTakesUpTheFirstInstance) {
  world.get();
  world.run_for(seconds{3});
  world.crash_and_restart(seconds{2});
  const CallerId caller = world.get();
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
  EXPECT_EQ(world.machines.size(), 1U);
}

TEST_F(BrokerTest, ARestartBeforeTheAnswerTakesUpTheLaunchByItsToken) {
  world.hold_launches = true;
  world.get();
  world.crash_and_restart(seconds{2});
  world.hold_launches = false;
  const CallerId caller = world.get();
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
  EXPECT_EQ(world.machines.size(), 1U);
}

TEST_F(BrokerTest, ARestartKeepsTheIdleClockAndNeverEndsEarlierThanWasSaid) {
  const std::string address = ready_worker();
  world.run_for(minutes{5});
  world.ping(address);
  world.run_for(seconds{10});
  world.crash_and_restart(minutes{5});
  EXPECT_EQ(world.answer(world.get(seconds{1})), address);
  world.run_for(minutes{1});
  world.crash_and_restart();
  world.run_for(minutes{14} - seconds{1});
  EXPECT_EQ(world.alive(), 1U);
  world.run_for(seconds{7});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(BrokerTest, AfterAStartNoWorkerIsEndedAsIdleForAMinute) {
  const std::string address = ready_worker();
  world.run_for(seconds{10});
  world.crash_and_restart(minutes{20});
  world.run_for(seconds{59});
  EXPECT_TRUE(world.ping(address));
  world.run_for(minutes{14});
  EXPECT_EQ(world.alive(), 1U);
}

TEST_F(BrokerTest, ARestartDuringATerminationAsksAgain) {
  const std::string address = ready_worker();
  world.hold_terminations = true;
  world.ask(Release{address});
  world.crash_and_restart();
  world.hold_terminations = false;
  world.run_for(seconds{61});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(BrokerTest, WithEc2UnreachableAtStartKnownWorkersAreServed) {
  const std::string address = ready_worker();
  world.listing_failure = failure(FailureClass::kUnreachable, "connect");
  world.crash_and_restart(seconds{5});
  EXPECT_EQ(world.answer(world.get()), address);
}

TEST_F(BrokerTest, WithEc2UnreachableCallersAreToldAfterHalfAMinute) {
  world.listing_failure = failure(FailureClass::kUnreachable, "connect");
  world.crash_and_restart();
  const CallerId caller = world.get();
  world.run_for(seconds{32});
  EXPECT_NE(world.answer(caller).find("EC2 cannot be asked"), std::string::npos);
  world.listing_failure.reset();
  world.run_for(seconds{31});
  EXPECT_EQ(ready_worker(), "203.0.113.1");
}

TEST_F(BrokerTest, WithOtherCredentialsNothingIsForgottenEndedOrLaunched) {
  const std::string address = ready_worker();
  world.identity.account = "999988887777";
  world.crash_and_restart();
  world.only().listed = false;
  EXPECT_EQ(world.answer(world.get()), address);
  for (int i = 0; i < 6; ++i) {
    world.run_for(minutes{10});
    EXPECT_TRUE(world.ping(address));
  }
  EXPECT_EQ(world.journal.workers.size(), 1U);
  EXPECT_TRUE(world.terminated.empty());
  EXPECT_EQ(world.launches.size(), 1U);
  world.only().listed = true;
  world.identity.account = "111122223333";
  world.crash_and_restart();
  EXPECT_EQ(world.answer(world.get()), address);
}

// --- what the journal does not know

TEST_F(BrokerTest, AnInstanceOfOursThatTheJournalDoesNotKnowIsAdoptedIfItAnswers) {
  world.foreign("i-77", {{"Name", "dserv-worker"}, {"compute-broker", "default"}});
  const CallerId caller = world.get();
  world.run_for(seconds{2});
  world.crash_and_restart();
  world.run_for(seconds{31});
  EXPECT_EQ(world.journal.workers.count({"i-77"}), 1U);
  EXPECT_NE(world.answer(caller), "");
  world.run_for(minutes{17});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(BrokerTest, OneThatDoesNotAnswerIsEnded) {
  world.foreign("i-77", {{"Name", "dserv-worker"}, {"compute-broker", "default"}}).service_up =
      Instant::max();
  world.run_for(minutes{5});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(BrokerTest, AnotherBrokersInstancesAndUntaggedOnesAreLeftAlone) {
  world.foreign("i-77", {{"Name", "dserv-worker"}, {"compute-broker", "other"}});
  world.foreign("i-78", {{"Name", "dserv-worker"}});
  world.run_for(hours{2});
  EXPECT_EQ(world.alive(), 2U);
  EXPECT_TRUE(world.terminated.empty());
  EXPECT_TRUE(world.logged("i-78 carries Name=dserv-worker but no compute-broker tag"));
}

TEST(BrokerAdoption, AnUntaggedInstanceIsAdoptedOnlyIfItAnswers) {
  Settings settings = SmallWorld::usable_settings();
  settings.adopt_untagged = true;
  SmallWorld world{settings};
  world.foreign("i-78", {{"Name", "dserv-worker"}});
  world.foreign("i-79", {{"Name", "dserv-worker"}}).service_up = Instant::max();
  world.machines.at({"i-79"}).view.public_address = "198.51.100.10";
  world.start();
  world.run_for(seconds{5});
  EXPECT_EQ(world.answer(world.get()), "198.51.100.9");
  world.run_for(hours{2});
  EXPECT_EQ(world.terminated, (std::vector<InstanceId>{{"i-78"}}));
}

TEST_F(BrokerTest, AnotherBrokerOfOurNameIsNoticed) {
  Machine& machine = world.foreign("i-77", {{"Name", "dserv-worker"},
                                            {"compute-broker", "default"},
                                            {"compute-broker-token", "cb-other-1"}});
  machine.view.launched = world.now.wall + seconds{5};
  world.run_for(minutes{1});
  EXPECT_TRUE(world.logged("another broker named default"));
}

// --- the journal itself

TEST_F(BrokerTest, WithAFullDiskNothingIsLaunchedKnownWorkersAreServedAndEndsAreMade) {
  const std::string address = ready_worker();
  world.save_failure = "/var/lib/compute-broker: no space left on device";
  EXPECT_EQ(world.answer(world.get()), address);
  world.ask(Release{address});
  world.run_for(seconds{5});
  EXPECT_EQ(world.alive(), 0U);
  const std::string refused = world.answer(world.get());
  EXPECT_NE(refused.find("no space left on device"), std::string::npos) << refused;
  EXPECT_EQ(world.launches.size(), 1U);
}

TEST_F(BrokerTest, AStopAnswersWhoWaitsAndTheLaunchIsTakenUpAtTheNextStart) {
  const CallerId caller = world.get();
  world.post(StopRequested{});
  EXPECT_EQ(world.answer(caller), "ERROR: the broker is stopping; ask again in a few seconds");
  EXPECT_TRUE(world.broker->quiet());
  world.crash_and_restart();
  const CallerId again = world.get();
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(again), "203.0.113.1");
  EXPECT_EQ(world.machines.size(), 1U);
}

TEST_F(BrokerTest, CloudCallsDoNotGrowWithCallers) {
  const std::size_t before = world.listings;
  for (int i = 0; i < 1000; ++i) world.get();
  world.run_for(seconds{30});
  EXPECT_LE(world.listings - before, 31U);
}

TEST_F(BrokerTest, AWarmHandOutSavesNothingAtOnceAndLogsNothing) {
  ready_worker();
  world.run_for(seconds{10});
  const Decision decision = world.broker->step(world.now, Asked{{999'999}, GetWorker{}});
  EXPECT_TRUE(decision.save.empty());
  EXPECT_EQ(decision.then.size(), 1U);
}

}  // namespace
}  // namespace cb::core::testing
