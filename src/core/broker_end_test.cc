// How workers end and what the commands do, in virtual time.

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "core/broker_fixture.h"

namespace cb::core::testing {
namespace {

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

TEST_F(BrokerTest, ThreeIdleWorkersOfWhichOneIsGoneAlreadyAllEnd) {
  const Tags tags{{"Name", "dserv-worker"}, {"compute-broker", "default"}};
  for (const char* id : {"i-71", "i-72", "i-73"}) {
    world.foreign(id, tags).view.public_address = str("198.51.100.", id + 2);
  }
  world.run_for(minutes{10});
  EXPECT_EQ(world.journal.workers.size(), 3U);
  world.run_for(minutes{5});
  world.machines.erase({"i-72"});
  world.run_for(minutes{5});
  EXPECT_EQ(world.alive(), 0U);
  EXPECT_TRUE(world.journal.workers.empty());
}

TEST_F(BrokerTest, AnAcceptedTerminationIsRepeatedUntilAListingSaysTerminated) {
  const std::string address = ready_worker();
  world.terminate_failures = {TerminateAccepted{{{{"i-1"}, InstanceState::kShuttingDown}}, {}, {}}};
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

TEST_F(BrokerTest, AnUnreachableWorkerThatIsPingedIsKeptAndNotHandedOut) {
  const std::string address = ready_worker();
  world.only().service_up = Instant::max();
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(world.ping(address));
    world.run_for(minutes{5});
  }
  EXPECT_EQ(world.alive(), 1U);
  const CallerId caller = world.get();
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(caller), "203.0.113.2");
  world.run_for(minutes{9});
  world.crash_and_restart(seconds{1});
  world.run_for(seconds{55});
  EXPECT_NE(world.machines.begin()->second.view.state, InstanceState::kTerminated);
  world.run_for(minutes{1});
  EXPECT_EQ(world.machines.begin()->second.view.state, InstanceState::kTerminated);
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

TEST_F(BrokerTest, AWorkerThatEc2DidNotKnowForAWhileIsTakenUpAgain) {
  const std::string address = ready_worker();
  world.run_for(minutes{3});
  const auto hidden = std::exchange(world.machines, {});
  world.run_for(minutes{2});
  EXPECT_TRUE(world.journal.workers.empty());
  world.machines = hidden;
  world.run_for(minutes{1});
  EXPECT_EQ(world.answer(world.get()), address);
  EXPECT_EQ(world.launches.size(), 1U);
  world.run_for(minutes{16});
  EXPECT_EQ(world.alive(), 0U);
  EXPECT_EQ(world.journal.open_ledger.size(), 0U);
}

TEST_F(BrokerTest, AWorkerWhoseEndWasWantedIsEndedWhenEc2KnowsItAgain) {
  const std::string address = ready_worker();
  world.run_for(minutes{3});
  const auto hidden = std::exchange(world.machines, {});
  world.ask(Release{address});
  world.run_for(minutes{2});
  EXPECT_TRUE(world.journal.workers.empty());
  world.machines = hidden;
  world.run_for(minutes{1});
  EXPECT_EQ(world.alive(), 0U);
  EXPECT_TRUE(world.journal.workers.empty());
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

const CloudFailure kProtected{FailureClass::kUnexpected, "OperationNotPermitted",
                              "The instance 'i-72' may not be terminated."};

struct ThreeWorkers : BrokerTest {
  void SetUp() override {
    const Tags tags{{"Name", "dserv-worker"}, {"compute-broker", "default"}};
    for (const char* id : {"i-71", "i-72", "i-73"}) {
      world.foreign(id, tags).view.public_address = str("198.51.100.", id + 2);
    }
    BrokerTest::SetUp();
    world.run_for(seconds{5});
    world.unendable[{"i-72"}] = kProtected;
  }
  std::size_t alerts() const {
    return std::count_if(world.log.begin(), world.log.end(),
                         [](const Log& line) { return line.key == "worker.end_refused"; });
  }
};

TEST_F(ThreeWorkers, TerminateAllWithOneProtectedEndsTwoAndSaysWhichAndWhy) {
  const std::string answer = world.answer(world.ask(TerminateAll{}));
  EXPECT_TRUE(answer.starts_with("ended i-71 i-73, not i-72: OperationNotPermitted: ")) << answer;
  EXPECT_NE(answer.find("--instance-id i-72 --no-disable-api-termination"), std::string::npos);
  EXPECT_EQ(world.alive(), 1U);
  world.run_for(minutes{10});
  EXPECT_EQ(alerts(), 1U);
}

TEST_F(ThreeWorkers, AProtectedWorkerEndsWithinAMinuteOfBeingUnprotected) {
  world.ask(TerminateAll{});
  world.run_for(hours{3});
  world.unendable.clear();
  world.run_for(minutes{1} + seconds{2});
  EXPECT_EQ(world.alive(), 0U);
  EXPECT_TRUE(world.logged("EC2 no longer refuses to end worker i-72"));
}

TEST_F(ThreeWorkers, AnEndThatWasRefusedIsAskedForByItselfLaterOn) {
  world.ask(Release{"198.51.100.72"});
  world.terminated.clear();
  world.run_for(seconds{59});
  EXPECT_GE(world.terminated.size(), 5U);
  EXPECT_LE(world.terminated.size(), 8U);
  world.terminate_calls.clear();
  world.ask(TerminateAll{});
  const std::vector<std::vector<InstanceId>> apart{{{"i-71"}, {"i-73"}}, {{"i-72"}}};
  EXPECT_EQ(world.terminate_calls, apart);
}

TEST_F(ThreeWorkers, AllOfThemRefusedIsAFailureThatNamesEach) {
  for (const char* id : {"i-71", "i-73"}) world.unendable[{id}] = kProtected;
  const std::string answer = world.answer(world.ask(TerminateAll{}));
  EXPECT_TRUE(answer.starts_with("failed: i-71: OperationNotPermitted")) << answer;
  EXPECT_NE(answer.find("; i-73: OperationNotPermitted"), std::string::npos);
}

TEST_F(ThreeWorkers, TheRestOfAThrottledTerminationIsAskedForAgainWithoutAnAlert) {
  world.unendable[{"i-72"}] = {FailureClass::kThrottle, "RequestLimitExceeded", "slow down"};
  world.ask(Release{"198.51.100.72"});
  world.unendable.clear();
  world.run_for(seconds{2});
  EXPECT_EQ(world.alive(), 2U);
  EXPECT_EQ(alerts(), 0U);
}

TEST_F(BrokerTest, WhoWaitsForAWorkerThatEc2WillNotEndHearsWhy) {
  Settings settings = SmallWorld::usable_settings();
  settings.max_workers = 1;
  world.post(SettingsChanged{settings});
  const std::string address = ready_worker();
  world.unendable[{"i-1"}] = kProtected;
  world.ask(Release{address});
  const CallerId caller = world.get(minutes{1});
  world.run_for(minutes{1});
  EXPECT_NE(world.answer(caller).find("EC2 refuses to end i-1: OperationNotPermitted"),
            std::string::npos)
      << world.answer(caller);
}

TEST_F(BrokerTest, AnEndSaysWhoAskedForItByNameAndAddress) {
  const std::string first = ready_worker();
  world.origin = {"192.0.2.7", "rig-3"};
  world.ask(Release{first});
  EXPECT_TRUE(world.logged("worker i-1 released by rig-3 at 192.0.2.7: terminating"));
  ready_worker();
  world.origin = {"192.0.2.8", ""};
  world.ask(TerminateAll{});
  EXPECT_TRUE(world.logged("ended by TERMINATE_ALL of a client at 192.0.2.8: terminating"));
  EXPECT_TRUE(world.logged("a client at 192.0.2.8 asked for TERMINATE_ALL"));
}

TEST_F(BrokerTest, ACallerDuringTroubleThatIsOverIsServedAndNotRefused) {
  world.listing_failure = failure(FailureClass::kDenied, "UnauthorizedOperation");
  world.run_for(minutes{2});
  const CallerId first = world.get();
  world.run_for(seconds{2});
  EXPECT_TRUE(world.answer(first).starts_with("ERROR: EC2 cannot be asked"));
  world.listing_failure.reset();
  const CallerId caller = world.get();
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
}

TEST_F(BrokerTest, CallersWhoComeAllTheTimeAreToldOfTroubleAllTheSame) {
  world.listing_failure = failure(FailureClass::kDenied, "UnauthorizedOperation");
  world.run_for(minutes{2});
  const CallerId first = world.get();
  for (int i = 0; i < 20; ++i) {
    world.get();
    world.run_for(milliseconds{100});
  }
  EXPECT_TRUE(world.answer(first).starts_with("ERROR: EC2 cannot be asked"));
}

TEST_F(BrokerTest, WithNoWorkersAllowedACallerIsToldSo) {
  Settings settings = SmallWorld::usable_settings();
  settings.max_workers = 0;
  world.post(SettingsChanged{settings});
  EXPECT_EQ(world.answer(world.get()), "ERROR: max_workers = 0: launching is switched off");
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

TEST_F(BrokerTest, StatusOfEverythingShowsWhatIsOnItsWayAndWhoWaits) {
  const auto overview = [&] { return world.answer(world.ask(ShowStatus{.everything = true})); };
  EXPECT_EQ(overview(), "0 ready, 0 coming, 0 ending, 0 wait; ");
  world.get();
  EXPECT_EQ(overview(), "0 ready, 1 coming, 0 ending, 1 wait; ");
  world.run_for(seconds{30});
  EXPECT_EQ(overview(), "1 ready, 0 coming, 0 ending, 0 wait; ");
  world.terminate_failures = {failure(FailureClass::kDenied, "UnauthorizedOperation")};
  world.ask(Release{"203.0.113.1"});
  EXPECT_EQ(overview(), "0 ready, 0 coming, 1 ending, 0 wait; ");
}

TEST_F(BrokerTest, PatienceThatEndsIsAnErrorAndTheLaunchGoesOn) {
  const CallerId caller = world.get(seconds{5});
  world.run_for(seconds{5});
  EXPECT_NE(world.answer(caller).find("no worker was ready within 5s"), std::string::npos);
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(world.get()), "203.0.113.1");
  EXPECT_EQ(world.launches.size(), 1U);
}

// The machine is paused, or the process stopped: no event and no timer comes.
void stand_still(SmallWorld& world, Duration time) {
  world.now.boot += time;
  world.now.wall += time;
}

TEST_F(BrokerTest, AfterAPauseAWorkerIsNotEndedBeforeItsClientsAreHeard) {
  ready_worker();
  world.run_for(minutes{14} + seconds{30});
  stand_still(world, seconds{60});
  world.post(TimePassed{});
  EXPECT_TRUE(world.logged("this process stood still"));
  world.run_for(seconds{50});
  EXPECT_EQ(world.alive(), 1U);
  EXPECT_TRUE(world.ping("203.0.113.1"));
  world.run_for(minutes{14});
  EXPECT_EQ(world.alive(), 1U);
  world.run_for(minutes{2});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(BrokerTest, ATimerThatIsArmedForThePastIsNoPause) {
  ready_worker();
  world.run_for(minutes{10});
  world.only().out_of_reach = true;
  world.run_for(seconds{10});
  world.only().out_of_reach = false;
  world.run_for(minutes{1});  // back, and past half of its idle time
  EXPECT_TRUE(world.logged("worker i-"));
  EXPECT_FALSE(world.logged("this process stood still"));
}

TEST_F(BrokerTest, AfterAPauseAWorkerThatNobodyUsedEndsOnceRestartGraceIsOver) {
  ready_worker();
  world.run_for(minutes{14} + seconds{30});
  stand_still(world, seconds{60});
  world.post(TimePassed{});
  world.run_for(seconds{61});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(BrokerTest, AfterAPauseABootThatIsOverIsHeardBeforeItIsGivenUp) {
  world.boot = minutes{2};
  const CallerId caller = world.get();
  world.run_for(minutes{1});
  stand_still(world, minutes{4});
  world.post(TimePassed{});
  world.run_for(seconds{5});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
}

TEST_F(BrokerTest, AfterAPauseNobodyLaunchesAnotherBeforeABootThatIsOverIsHeard) {
  world.boot = minutes{2};
  world.get();
  world.run_for(minutes{1});
  stand_still(world, minutes{4});
  const CallerId caller = world.get();
  EXPECT_EQ(world.launches.size(), 1U);
  world.run_for(seconds{5});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
  EXPECT_EQ(world.launches.size(), 1U);
}

TEST_F(BrokerTest, AProcessThatIsAlwaysLateEndsAnIdleWorkerAllTheSame) {
  ready_worker();
  for (int turn = 0; turn < 120; ++turn) {
    stand_still(world, seconds{10});
    world.post(TimePassed{});
  }
  EXPECT_EQ(world.alive(), 0U);
}

}  // namespace
}  // namespace cb::core::testing
