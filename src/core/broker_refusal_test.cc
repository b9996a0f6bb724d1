// What callers are told when nothing can be launched for them, and when it is tried again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/broker_fixture.h"

namespace cb::core::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct OneCandidate : BrokerTest {
  void SetUp() override {
    BrokerTest::SetUp();
    Settings settings = world.settings();
    settings.pools.begin()->second.instance_types = {"c7i.16xlarge"};
    settings.pools.begin()->second.market = MarketOrder::kOnDemand;
    world.reload(settings);
  }
};

TEST_F(BrokerTest, ACodeThatNobodyKnowsIsFollowedByTheNextCandidate) {
  world.launch_answers = {failure(FailureClass::kUnexpected, "SomethingNew")};
  const CallerId caller = world.get();
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
  EXPECT_EQ(world.only().view.type, "c6i.16xlarge");
  EXPECT_TRUE(world.logged("SomethingNew: said the test"));
}

TEST_F(BrokerTest, Ec2sOwnSentenceReachesTheCallerWhateverTheCode) {
  world.launch_answers.assign(4, failure(FailureClass::kUnexpected, "SomethingNew"));
  EXPECT_EQ(world.answer(world.get()),
            "ERROR: no worker could be launched for pool default (c7i.16xlarge spot, c6i.16xlarge "
            "spot, c7a.16xlarge spot, c7i.16xlarge on-demand: SomethingNew: said the test); tried "
            "again in 30s");
}

TEST_F(BrokerTest, ATypeThatIsRefusedByNameHoldsUpNoOtherType) {
  world.launch_answers = {CloudFailure{FailureClass::kBadConfig, "InvalidParameterValue",
                                       "Invalid value 'c7i.16xlarge' for InstanceType."}};
  const CallerId caller = world.get();
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
  EXPECT_EQ(world.only().view.type, "c6i.16xlarge");
}

TEST_F(BrokerTest, WithoutTheRoleForSpotTheMachineIsOnDemand) {
  world.launch_answers = {
      failure(FailureClass::kDenied, "AuthFailure.ServiceLinkedRoleCreationNotPermitted")};
  const CallerId caller = world.get();
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
  EXPECT_EQ(world.only().view.market, Market::kOnDemand);
  EXPECT_EQ(world.launches.size(), 2U);
}

TEST_F(OneCandidate, AQuotaIsCalledAQuotaAndItsRemedyIsNamed) {
  world.launch_answers = {failure(FailureClass::kQuota, "VcpuLimitExceeded")};
  const std::string refused = world.answer(world.get());
  EXPECT_THAT(refused, HasSubstr("a quota is used up for pool default"));
  EXPECT_THAT(refused, HasSubstr("request-service-quota-increase"));
  EXPECT_THAT(refused, Not(HasSubstr("no capacity")));
}

TEST_F(BrokerTest, AQuotaOfStorageIsAskedForInNoMarket) {
  world.launch_answers = {failure(FailureClass::kQuota, "VolumeLimitExceeded")};
  EXPECT_THAT(world.answer(world.get()), HasSubstr("raise the EBS storage quota"));
  EXPECT_EQ(world.launches.size(), 1U);
}

TEST_F(OneCandidate, AnOlderRefusalSaysItsAgeAndWhenItIsTriedAgain) {
  world.launch_answers = {failure(FailureClass::kCapacity, "InsufficientInstanceCapacity")};
  world.get();
  world.run_for(seconds{40});
  EXPECT_EQ(world.answer(world.get()),
            "ERROR: no capacity for pool default (c7i.16xlarge on-demand: "
            "InsufficientInstanceCapacity: said the test, asked 40s ago); tried again in 2m20s");
}

TEST_F(OneCandidate, WhoMeetsAnOlderRefusalWaitsForTheNextTryThatComesSoon) {
  world.launch_answers = {failure(FailureClass::kCapacity, "InsufficientInstanceCapacity")};
  world.get();
  world.run_for(minutes{2} + seconds{40});
  const CallerId patient = world.get(), hasty = world.get(seconds{10});
  EXPECT_THAT(world.answer(hasty), HasSubstr("tried again in 20s"));
  world.run_for(seconds{45});
  EXPECT_EQ(world.answer(patient), "203.0.113.1");
}

TEST_F(BrokerTest, ARefusalThatIsMendedIsNotToldToWhoAsksLater) {
  world.launch_answers = {failure(FailureClass::kDenied, "UnauthorizedOperation")};
  EXPECT_THAT(world.answer(world.get()), HasSubstr("UnauthorizedOperation: said the test"));
  world.run_for(seconds{10});
  const CallerId later = world.get();
  world.run_for(seconds{45});
  EXPECT_EQ(world.answer(later), "203.0.113.1");
}

TEST_F(BrokerTest, AnOutageThatIsOverIsNotToldToWhoAsksAfterIt) {
  world.listing_failure = failure(FailureClass::kUnreachable, "connect");
  world.launch_answers.assign(100, failure(FailureClass::kUnreachable, "connect"));
  const CallerId first = world.get();
  world.run_for(seconds{40});
  EXPECT_THAT(world.answer(first), HasSubstr("EC2 cannot be asked"));
  world.listing_failure.reset();
  world.launch_answers.clear();
  const CallerId later = world.get();
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(later), "203.0.113.1");
}

TEST_F(BrokerTest, WhileSomebodyWaitsALaunchOfUnknownOutcomeIsAskedForHoursAndServedSoonAfter) {
  const LaunchOutcomeUnknown busy{failure(FailureClass::kUnknownOutcome, "Unavailable")};
  world.launch_answers.assign(100'000, busy);
  const CallerId caller = world.get(hours{2});
  world.run_for(hours{1});
  EXPECT_GE(world.launches.size(), 700U);
  for (const LaunchInstance& launch : world.launches) {
    ASSERT_EQ(launch.token, world.launches[0].token);
  }
  world.launch_answers.clear();
  const std::size_t asked = world.launches.size();
  world.run_for(seconds{5});
  EXPECT_EQ(world.launches.size(), asked + 1);
  world.run_for(seconds{20});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
}

TEST_F(BrokerTest, ARestartAmidSuchAnOutageGoesOnWithTheSameToken) {
  const LaunchOutcomeUnknown busy{failure(FailureClass::kUnknownOutcome, "Unavailable")};
  world.launch_answers.assign(100'000, busy);
  world.get(hours{2});
  world.run_for(minutes{30});
  world.crash_and_restart(seconds{30});
  world.launch_answers.clear();
  const CallerId caller = world.get();
  world.run_for(seconds{40});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
  EXPECT_EQ(world.launches.back().token, world.launches[0].token);
}

TEST_F(OneCandidate, AMachineThatAPersonEndsWhileItBootsIsFollowedByTheNextLaunch) {
  const CallerId caller = world.get();
  world.run_for(seconds{3});
  world.end(world.only(), "Client.UserInitiatedShutdown");
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(caller), "203.0.113.2");
}

TEST_F(OneCandidate, AMachineThatAPersonStopsWhileItBootsIsEndedAndFollowedByTheNextLaunch) {
  const CallerId caller = world.get();
  world.run_for(seconds{3});
  world.only().view.state = InstanceState::kStopped;
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(caller), "203.0.113.2");
  EXPECT_EQ(world.terminated, (std::vector<InstanceId>{{"i-1"}}));
}

TEST_F(OneCandidate, WhoRunsOutOfPatienceHearsWhatBecameOfTheMachine) {
  const CallerId caller = world.get(seconds{10});
  world.run_for(seconds{3});
  world.end(world.only(), "Client.UserInitiatedShutdown");
  world.run_for(seconds{10});
  EXPECT_THAT(world.answer(caller),
              HasSubstr("before that: i-1 was terminated by somebody while it booted"));
}

TEST_F(OneCandidate, AMachineThatNeverBecomesReadyIsNamedAndNotCalledLackOfCapacity) {
  world.never_ready = true;
  const CallerId caller = world.get();
  world.run_for(minutes{4});
  EXPECT_THAT(world.answer(caller),
              HasSubstr("no worker could be launched for pool default (c7i.16xlarge on-demand: i-1 "
                        "not ready within 3m"));
  EXPECT_EQ(world.launches.size(), 1U) << "an equal one would fare no better";
}

TEST_F(BrokerTest, AMaxLifetimeCountsFromTheLaunchAndNotFromItsIntent) {
  Settings settings = world.settings();
  settings.max_lifetime = hours{1};
  world.reload(settings);
  world.launch_answers.assign(
      100'000, LaunchOutcomeUnknown{failure(FailureClass::kUnknownOutcome, "Unavailable")});
  world.get(minutes{20});
  world.run_for(minutes{9});
  world.launch_answers.clear();
  world.run_for(seconds{6});
  world.crash_and_restart();
  world.run_for(seconds{40});
  const std::string address = world.answer(world.get());
  for (int i = 0; i < 11; ++i) {
    world.run_for(minutes{5});
    EXPECT_TRUE(world.ping(address)) << i;
  }
  world.run_for(minutes{6});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(BrokerTest, ARefusalOfOnePoolHoldsUpNoOther) {
  Settings settings = world.settings();
  settings.pools[PoolName{"other"}] = settings.pools.begin()->second;
  world.reload(settings);
  for (const FailureClass what :
       {FailureClass::kDenied, FailureClass::kBadConfig, FailureClass::kTokenMismatch}) {
    world.launch_answers = {failure(what, "Code")};
    world.get(seconds{1});
    const CallerId other = world.ask(GetWorker{.pool = {"other"}, .wait = {}, .client = {}});
    world.run_for(seconds{30});
    EXPECT_THAT(world.answer(other), HasSubstr("203.0.113."));
    world.ask(Release{world.answer(other)});
    world.run_for(seconds{5});
  }
}

TEST_F(BrokerTest, WhyNothingIsLaunchedAfterAMismatchIsKnownAfterARestartToo) {
  world.launch_answers = {failure(FailureClass::kTokenMismatch, "IdempotentParameterMismatch")};
  world.get();
  world.crash_and_restart();
  const std::string refused = world.answer(world.get());
  EXPECT_THAT(refused, HasSubstr(world.launches[0].token.value + ": IdempotentParameterMismatch"));
}

TEST_F(OneCandidate, OfTwoRefusalsTheOneThatHoldsLongerSaysWhenItIsTriedAgain) {
  Settings settings = world.settings();
  settings.capacity_memory = minutes{20};
  settings.pools[PoolName{"other"}] = settings.pools.begin()->second;
  settings.pools[PoolName{"other"}].instance_types = {"m7i.large"};
  world.reload(settings);
  world.launch_answers = {failure(FailureClass::kCapacity, "InsufficientInstanceCapacity"),
                          failure(FailureClass::kQuota, "VcpuLimitExceeded")};
  world.get();
  world.ask(GetWorker{.pool = {"other"}, .wait = {}, .client = {}});
  EXPECT_EQ(world.launches.size(), 2U);
  world.run_for(minutes{1});
  const std::string refused = world.answer(world.get());
  EXPECT_THAT(refused, HasSubstr("InsufficientInstanceCapacity: said the test, asked 1m ago"));
  EXPECT_THAT(refused, HasSubstr("tried again in 19m"));
}

TEST_F(OneCandidate, WhoWaitsForTheHourToPassHearsSoAndNotOfAnEndThatMakesRoom) {
  Settings settings = world.settings();
  settings.launches_per_hour_max = 1;
  world.reload(settings);
  world.ask(Release{ready_worker()});
  world.run_for(hours{1} - seconds{50});
  world.ask(GetWorker{.pool = {"default"}, .client = {}, .wants_progress = true});
  ASSERT_FALSE(world.told.empty());
  EXPECT_THAT(world.told.back().progress.text,
              HasSubstr("1 launches in the last hour (launches_per_hour_max = 1)"));
}

}  // namespace
}  // namespace cb::core::testing
