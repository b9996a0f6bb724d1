// Restarts, strangers and a journal that cannot be written, in virtual time.

#include <gtest/gtest.h>

#include <utility>

#include "core/broker_fixture.h"

namespace cb::core::testing {
namespace {

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

TEST_F(BrokerTest, AnOldDoubtOfOneWorkerDoesNotHurryTheWordOfTheJournalOnAnother) {
  Settings settings = world.settings();
  settings.pools[PoolName{"other"}] = settings.pools.begin()->second;
  world.reload(settings);
  const std::string address = ready_worker();
  world.ask(GetWorker{.pool = {"other"}, .wait = {}, .client = {}});
  world.run_for(seconds{30});
  for (auto& [id, worker] : world.journal.workers) {
    if (worker.pool.value == "other") worker.doubted = world.now.boot - hours{1};
  }
  world.hold_identity = true;  // EC2 has said nothing yet
  world.crash_and_restart();
  const CallerId caller = world.get();
  world.run_for(world.settings().adoption_patience - seconds{1});
  EXPECT_EQ(world.answer(caller), "");
  world.run_for(seconds{2});
  EXPECT_EQ(world.answer(caller), address);
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

TEST_F(BrokerTest, KnownWorkersAreServedAfterMomentsThoughEc2HasNotAnsweredYet) {
  const std::string address = ready_worker();
  world.hold_identity = true;
  world.crash_and_restart(seconds{5});
  const CallerId caller = world.get();
  world.run_for(seconds{4});
  EXPECT_EQ(world.answer(caller), "");
  world.run_for(seconds{1});
  EXPECT_EQ(world.answer(caller), address);
}

TEST_F(BrokerTest, WhoWaitsForAWorkerOfTheJournalHearsThatItHasNotShownItselfYet) {
  ready_worker();
  world.hold_identity = true;  // EC2 has said nothing yet
  world.crash_and_restart();
  world.ask(GetWorker{.pool = {"default"}, .wait = {}, .client = {}, .wants_progress = true});
  world.run_for(seconds{1});
  ASSERT_FALSE(world.told.empty());
  EXPECT_NE(world.told.back().progress.text.find("which the journal knows as ready"),
            std::string::npos)
      << world.told.back().progress.text;
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
  world.run_for(seconds{31});
  EXPECT_EQ(world.answer(world.get()), address);
  world.ask(Release{address});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(BrokerTest, NewKeysOfAnotherAccountForgetEndAndLaunchNothing) {
  const std::string address = ready_worker();
  world.run_for(minutes{5});
  const auto ours = std::exchange(world.machines, {});
  world.identity.account = "999988887777";
  world.post(KeysChanged{});
  world.run_for(seconds{100});
  world.ask(Release{address});
  const CallerId caller = world.get();
  world.run_for(seconds{30});
  const std::string refused = world.answer(caller);
  EXPECT_NE(refused.find("belong to account 999988887777"), std::string::npos) << refused;
  EXPECT_EQ(world.journal.workers.size(), 1U);
  EXPECT_EQ(world.launches.size(), 1U);
  EXPECT_TRUE(world.terminated.empty());
  world.machines = ours;
  world.identity.account = "111122223333";
  world.post(KeysChanged{});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(BrokerTest, NewKeysThatStsDoesNotNameAreOursOnceTheyShowAnInstanceOfOurs) {
  const std::string address = ready_worker();
  world.run_for(minutes{5});
  world.identity.account.clear();
  world.post(KeysChanged{});
  world.run_for(seconds{1});
  world.ask(Release{address});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(BrokerTest, NewKeysThatNothingProvesToBeOursAreNotBelieved) {
  const std::string address = ready_worker();
  world.run_for(minutes{5});
  const auto ours = std::exchange(world.machines, {});
  world.identity.account.clear();
  world.post(KeysChanged{});
  const std::size_t before = world.listings;
  world.run_for(seconds{100});
  EXPECT_LE(world.listings - before, 8U);
  world.ask(Release{address});
  const CallerId caller = world.get();
  world.run_for(seconds{30});
  const std::string refused = world.answer(caller);
  EXPECT_NE(refused.find("STS does not say"), std::string::npos) << refused;
  EXPECT_EQ(world.journal.workers.size(), 1U);
  EXPECT_EQ(world.launches.size(), 1U);
  EXPECT_TRUE(world.terminated.empty());
  world.machines = ours;
  world.identity.account = "111122223333";
  world.run_for(seconds{31});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(BrokerTest, AListingThatProvesNothingIsNoFailureOfEc2) {
  ready_worker();
  world.run_for(minutes{5});
  const auto machines = std::exchange(world.machines, {});
  world.identity.account.clear();
  world.listing_failure = failure(FailureClass::kUnknownOutcome, "InternalError");
  world.post(KeysChanged{});
  world.listing_failure.reset();
  world.run_for(minutes{2});
  world.listing_failure = failure(FailureClass::kUnknownOutcome, "InternalError");
  world.run_for(seconds{26});
  const std::string refused = world.answer(world.get());
  EXPECT_NE(refused.find("STS does not say"), std::string::npos) << refused;
  world.machines = machines;
  world.identity.account = "111122223333";
  world.post(KeysChanged{});
  const CallerId caller = world.get();
  world.run_for(seconds{2});
  EXPECT_EQ(world.answer(caller), "");
}

TEST_F(BrokerTest, AListingAskedWithTheFormerKeysIsNotBelieved) {
  ready_worker();
  world.run_for(minutes{5});
  world.hold_identity = true;
  world.post(KeysChanged{});
  const Decision late = world.broker->step(world.now, Listed{{world.listings}, Listing{}});
  EXPECT_TRUE(late.save.empty());
  const std::size_t before = world.listings;
  world.run_for(minutes{1});
  EXPECT_EQ(world.listings, before);
}

TEST_F(BrokerTest, AListingThatProvesWhoseTheKeysAreIsNotAskedTwice) {
  ready_worker();
  world.run_for(minutes{5});
  world.identity.account.clear();
  const std::size_t before = world.listings;
  world.post(KeysChanged{});
  world.run_for(seconds{20});
  EXPECT_EQ(world.listings - before, 1U);
}

TEST_F(BrokerTest, AnAccountThatIsAskedForAgainWhileAllIsWellCausesNoListing) {
  world.identity.account.clear();
  world.crash_and_restart();
  ready_worker();
  world.run_for(seconds{5});
  const std::size_t before = world.listings;
  world.run_for(minutes{4});  // by listing_slow there are eight
  EXPECT_LE(world.listings - before, 8U);
}

TEST_F(BrokerTest, WithNothingToLoseAnAccountThatStsDoesNotNameIsTaken) {
  world.identity.account.clear();
  world.crash_and_restart();
  EXPECT_EQ(ready_worker(), "203.0.113.1");
  EXPECT_EQ(world.journal.broker->account, "");
  world.identity.account = "999988887777";
  world.run_for(seconds{31});
  EXPECT_EQ(world.journal.broker->account, "999988887777");
}

TEST_F(BrokerTest, LaunchesGoToTheConfiguredRegionWhetherStsAnswersOrNot) {
  const auto starts_in = [this](const char* region, const char* account) {
    world.settings().region = region;
    world.identity.account = account;
    world.crash_and_restart();
    const std::string address = ready_worker();
    EXPECT_EQ(world.launches.back().region, region);
    EXPECT_EQ(world.journal.workers.begin()->second.region, region);
    EXPECT_EQ(world.journal.broker->region, region);
    world.ask(Release{address});
    world.run_for(minutes{2});
    EXPECT_TRUE(world.journal.workers.empty());
  };
  starts_in("us-east-1", "");
  starts_in("eu-north-1", "");
  starts_in("us-west-2", "111122223333");
  starts_in("eu-north-1", "111122223333");
}

// Such a journal was written before STS had ever said whose keys these are.
TEST_F(BrokerTest, AWorkerOfAnOldJournalThatNamesNoRegionIsEndedInTheOneRegionThereWas) {
  const std::string address = ready_worker();
  for (auto& [id, record] : world.journal.workers) record.region.clear();
  world.crash_and_restart();
  EXPECT_EQ(world.journal.workers.begin()->second.region, "us-east-1");
  world.ask(Release{address});
  world.run_for(minutes{2});
  EXPECT_EQ(world.alive(), 0U);
  EXPECT_TRUE(world.journal.workers.empty());
}

TEST_F(BrokerTest, ALaunchOfAnOldJournalThatNamesNoRegionIsSettledInTheOneRegionThereWas) {
  world.hold_launches = true;
  world.get();
  ASSERT_EQ(world.journal.attempts.size(), 1U);
  for (auto& [token, record] : world.journal.attempts) record.region.clear();
  world.machines.clear();  // it never reached EC2
  world.hold_launches = false;
  world.crash_and_restart();
  ASSERT_EQ(world.journal.attempts.size(), 1U);
  EXPECT_EQ(world.journal.attempts.begin()->second.region, "us-east-1");
  world.run_for(minutes{20});
  EXPECT_TRUE(world.journal.attempts.empty());
}

TEST_F(BrokerTest, InAnotherRegionThanItsWorkersItLaunchesAndForgetsNothingAndSaysSo) {
  ready_worker();
  world.settings().region = "eu-north-1";
  world.identity.account.clear();
  world.machines.clear();
  world.crash_and_restart();
  world.run_for(minutes{10});
  const std::string refused = world.answer(world.get());
  EXPECT_NE(refused.find("[aws] region is eu-north-1, but this broker's workers are in us-east-1"),
            std::string::npos)
      << refused;
  EXPECT_EQ(world.journal.workers.size(), 1U);
  EXPECT_EQ(world.launches.size(), 1U);
}

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

TEST_F(BrokerTest, ARestartDoesNotShortenTheGraceOfOneThatWasFound) {
  Settings settings = SmallWorld::usable_settings();
  settings.pools.begin()->second.launch_timeout = seconds{90};
  SmallWorld here(settings);
  here.start();
  here.foreign("i-77", {{"Name", "dserv-worker"}, {"compute-broker", "default"}}).service_up =
      Instant::max();
  here.run_for(seconds{40});
  here.crash_and_restart();
  here.run_for(seconds{95});  // found less than sweep_grace ago
  EXPECT_EQ(here.alive(), 1U);
  here.run_for(minutes{1});
  EXPECT_EQ(here.alive(), 0U);
}

TEST_F(BrokerTest, AnotherBrokersInstancesAndUntaggedOnesAreLeftAlone) {
  world.foreign("i-77", {{"Name", "dserv-worker"}, {"compute-broker", "other"}});
  world.foreign("i-78", {{"Name", "dserv-worker"}});
  world.run_for(hours{2});
  EXPECT_EQ(world.alive(), 2U);
  EXPECT_TRUE(world.terminated.empty());
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

TEST_F(BrokerTest, AnAdoptedOneEndsAtItsMaxLifetimeHoweverBusy) {
  Settings settings = SmallWorld::usable_settings();
  settings.adopt_untagged = true;
  settings.max_lifetime = hours{1};
  SmallWorld here(settings);
  here.start();
  const std::string address = here.foreign("i-77", {{"Name", "dserv-worker"}}).view.public_address;
  here.run_for(minutes{2});
  for (int used = 0; used < 12; ++used) {
    here.ping(address);
    here.run_for(minutes{5});
  }
  EXPECT_EQ(here.alive(), 0U);
}

TEST_F(BrokerTest, AnotherBrokerOfOurNameIsNoticed) {
  Machine& machine = world.foreign("i-77", {{"Name", "dserv-worker"},
                                            {"compute-broker", "default"},
                                            {"compute-broker-token", "cb-other-1"}});
  machine.view.launched = world.now.wall + seconds{5};
  world.run_for(minutes{1});
  EXPECT_TRUE(world.logged("another broker named default"));
}

TEST_F(BrokerTest, WithAFullDiskNothingIsLaunchedKnownWorkersAreServedAndEndsAreMade) {
  const std::string address = ready_worker();
  world.save_failure = "/var/lib/compute-broker: no space left on device";
  EXPECT_EQ(world.answer(world.get()), address);
  world.ask(Release{address});
  world.run_for(seconds{5});
  EXPECT_EQ(world.alive(), 0U);
  const CallerId caller = world.get();
  world.run_for(seconds{10});
  const std::string refused = world.answer(caller);
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

TEST_F(BrokerTest, AWarmHandOutLogsNothingAndSavesOnceInAnInterval) {
  ready_worker();
  world.run_for(seconds{10});
  const auto hand_out = [&](std::uint64_t caller) {
    const Decision decision = world.broker->step(world.now, Asked{{caller}, GetWorker{}});
    EXPECT_EQ(decision.then.size(), 1U);
    return decision.save.size();
  };
  EXPECT_EQ(hand_out(999'001), 1U);
  EXPECT_EQ(hand_out(999'002), 0U);
  world.now.boot += seconds{4};
  EXPECT_EQ(hand_out(999'003), 0U);
  world.now.boot += seconds{1};
  EXPECT_EQ(hand_out(999'004), 1U);
}

TEST_F(BrokerTest, AUseInTheMomentBeforeACrashIsNotForgotten) {
  ready_worker();
  world.run_for(minutes{14});
  ASSERT_TRUE(world.ping("203.0.113.1"));
  world.crash_and_restart(seconds{5});
  world.run_for(minutes{14});
  EXPECT_EQ(world.alive(), 1U);
  world.run_for(minutes{2});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(BrokerTest, AUseThatWasNotSavedYetCountsInFullAfterACrash) {
  const std::string address = ready_worker();
  world.run_for(minutes{5});
  ASSERT_TRUE(world.ping(address));  // saved
  world.run_for(seconds{4});
  ASSERT_TRUE(world.ping(address));  // not yet
  world.crash_and_restart();
  world.run_for(minutes{15} - seconds{1});
  EXPECT_EQ(world.alive(), 1U);
  world.run_for(seconds{3});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(BrokerTest, TimesThatWereMovedIntoThisBootAreSavedInTheFirstStep) {
  ready_worker();
  Records moved = world.journal;
  moved.shift_instants(-hours{1});
  Broker broker(SmallWorld::usable_settings(), [](const LaunchSpec&) { return std::string(); });
  const Decision first =
      broker.step(world.now, Started{.records = moved, .fresh_nonce = "n", .clock_moved = true});
  Records saved = world.journal;
  for (const Change& change : first.save) saved.apply(change);
  EXPECT_EQ(saved, moved);
}

}  // namespace
}  // namespace cb::core::testing
