// What becomes of workers and callers when the settings change under them, in virtual time.

#include <gtest/gtest.h>

#include "core/broker_fixture.h"

namespace cb::core::testing {
namespace {

constexpr const char* kByName = "resolve:ssm:/aws/service/canonical/ubuntu/server";
const PoolName kDefault{"default"}, kSmall{"small"};

// A second pool whose every setting for serving differs from the first one's.
Settings two_pools() {
  Settings settings = SmallWorld::usable_settings();
  PoolSettings& small = settings.pools[kSmall];
  small.image = "ami-0777";
  small.worker_port = 7000;
  small.ready = ReadyCheck::kTcp;
  small.address = AddressKind::kPrivate;
  small.idle_timeout = minutes{40};
  return settings;
}

struct PoolTest : ::testing::Test {
  SmallWorld world{two_pools()};

  void SetUp() override { world.start(); }
  // The address of a ready worker of the small pool.
  std::string small_worker() {
    const CallerId caller = world.ask(GetWorker{.pool = kSmall, .wait = {}, .client = {}});
    world.only().view.private_address = "10.0.0.7";
    world.only().port = 7000;
    world.run_for(seconds{30});
    return world.answer(caller);
  }
  void remove_small() {
    Settings settings = world.settings();
    settings.pools.erase(kSmall);
    world.reload(settings);
  }
};

TEST_F(PoolTest, StatusSaysOfEachPoolWhoWaitsWhatThereIsAndWhatIsInItsWay) {
  Settings settings = world.settings();
  settings.pools.begin()->second.place = 1;
  world.reload(settings);
  world.launch_answers = {
      CloudFailure{FailureClass::kBadConfig, "InvalidAMIID.NotFound", "no such"}};
  world.get();
  world.hold_launches = true;
  world.ask(GetWorker{.pool = kSmall, .wait = {}, .client = {}});
  const auto rows = world.pools();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].pool, kSmall);
  EXPECT_EQ(rows[0].waiting, 1U);
  EXPECT_EQ(rows[0].coming, 1U);
  EXPECT_EQ(rows[0].trouble, "");
  EXPECT_EQ(rows[1].cores, 64);
  EXPECT_EQ(rows[1].waiting, 0U);
  EXPECT_TRUE(rows[1].trouble.starts_with("InvalidAMIID.NotFound: no such")) << rows[1].trouble;
}

TEST_F(PoolTest, AWorkerOfAPoolThatIsRemovedIsServedOnByItsOwnRecord) {
  const std::string address = small_worker();
  ASSERT_EQ(address, "10.0.0.7");
  remove_small();
  for (int i = 0; i < 10; ++i) {
    world.run_for(minutes{5});
    EXPECT_TRUE(world.ping(address)) << i;
  }
  EXPECT_EQ(world.alive(), 1U);
  EXPECT_FALSE(world.logged("worker.suspect"));
}

TEST_F(PoolTest, ItsIdleTimeIsThatOfItsOwnPoolAlsoAfterARestartWithoutThePool) {
  small_worker();
  remove_small();
  world.run_for(minutes{10});
  world.crash_and_restart();
  world.run_for(minutes{29});
  EXPECT_EQ(world.alive(), 1U);
  world.run_for(minutes{2});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(PoolTest, AnOlderJournalIsFilledFromThePoolThatTheWorkerNames) {
  const std::string address = small_worker();
  WorkerRecord& record = world.journal.workers.begin()->second;
  const WorkerRecord whole = record;
  record.serving.reset();
  record.asked_image.clear();
  world.crash_and_restart();
  EXPECT_EQ(world.journal.workers.begin()->second.serving, whole.serving);
  EXPECT_EQ(world.journal.workers.begin()->second.asked_image, "ami-0777");
  world.run_for(seconds{10});
  EXPECT_EQ(world.answer(world.ask(GetWorker{.pool = kSmall, .wait = {}, .client = {}})), address);
}

TEST_F(PoolTest, AnIdleTimeThatIsChangedHoldsForWorkersThatRun) {
  small_worker();
  Settings settings = world.settings();
  settings.pools[kSmall].idle_timeout = minutes{5};
  world.reload(settings);
  world.run_for(minutes{6});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(PoolTest, AWorkerWithAnotherPortThanIsConfiguredNowIsNotHandedOut) {
  small_worker();
  Settings settings = world.settings();
  settings.pools[kSmall].worker_port = 7001;
  world.reload(settings);
  const CallerId caller = world.ask(GetWorker{.pool = kSmall, .wait = {}, .client = {}});
  EXPECT_EQ(world.answer(caller), "");
  EXPECT_EQ(world.launches.size(), 2U);
}

struct ImageByName : ::testing::Test {
  static Settings by_name() {
    Settings settings = SmallWorld::usable_settings();
    settings.pools.begin()->second.image = kByName;
    return settings;
  }
  SmallWorld world{by_name()};

  void SetUp() override {
    world.answered_image = "ami-0abc";
    world.start();
  }
};

TEST_F(ImageByName, AnInstanceWhoseAnswerNamesAnotherImageServesWhoAsked) {
  const CallerId caller = world.get();
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
  EXPECT_EQ(world.answer(world.get()), "203.0.113.1");
  world.crash_and_restart();
  world.run_for(seconds{5});
  EXPECT_EQ(world.answer(world.get()), "203.0.113.1");
  EXPECT_EQ(world.launches.size(), 1U);
}

TEST_F(ImageByName, OneThatIsFoundAfterTheJournalWasLostServesAsWell) {
  const CallerId caller = world.get();
  world.run_for(seconds{30});
  const std::string address = world.answer(caller);
  world.journal = {};
  world.crash_and_restart();
  world.run_for(seconds{10});
  EXPECT_EQ(world.answer(world.get()), address);
  EXPECT_EQ(world.launches.size(), 1U);
}

struct Reload : BrokerTest {
  Settings with_image(const std::string& image) {
    Settings settings = world.settings();
    settings.pools.begin()->second.image = image;
    return settings;
  }
};

TEST_F(Reload, CallersOfAMachineThatBootsWaitOnForWhatIsConfiguredNow) {
  Settings one = world.settings();
  one.max_workers = 1;
  world.reload(one);
  const CallerId first = world.get(), second = world.get();
  world.run_for(seconds{3});
  world.reload(with_image("ami-0456"));
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(first), "203.0.113.2");
  EXPECT_EQ(world.answer(second), "203.0.113.2");
  EXPECT_EQ(world.machines.at({"i-2"}).view.image, "ami-0456");
  EXPECT_EQ(world.terminated, (std::vector<InstanceId>{{"i-1"}}));
}

TEST_F(Reload, AMachineThatNobodyEverHadAndThatFitsNoMoreIsEndedAtOnce) {
  world.post(CallerGone{world.get()});
  world.run_for(seconds{30});
  ASSERT_EQ(world.journal.workers.begin()->second.phase, WorkerPhase::kReady);
  world.reload(with_image("ami-0456"));
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(Reload, AMachineThatSomebodyHadIsServedOnAlsoWhenARestartComesBetween) {
  const std::string address = ready_worker();
  world.crash_and_restart();
  world.run_for(seconds{5});
  world.reload(with_image("ami-0456"));
  world.run_for(minutes{10});
  EXPECT_TRUE(world.ping(address));
  EXPECT_EQ(world.alive(), 1U);
}

TEST_F(Reload, ALaunchWhoseAnswerComesAfterTheChangeIsEndedAndReplaced) {
  world.hold_launches = true;
  const CallerId caller = world.get();
  world.reload(with_image("ami-0456"));
  world.hold_launches = false;
  world.post(LaunchAnswered{world.launches[0].token, world.launches[0].region,
                            Launched{{world.only().view}}});
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(caller), "203.0.113.2");
  EXPECT_EQ(world.alive(), 1U);
}

TEST_F(Reload, ARefusalOfWhatWasConfiguredBeforeIsNoneOfWhatIsConfiguredNow) {
  world.hold_launches = true;
  const CallerId caller = world.get();
  world.reload(with_image("ami-0456"));
  world.hold_launches = false;
  world.machines.clear();
  world.post(LaunchAnswered{world.launches[0].token, world.launches[0].region,
                            failure(FailureClass::kBadConfig, "InvalidAMIID.NotFound")});
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(caller), "203.0.113.2");
}

TEST_F(Reload, ALaunchThatWasNotAskedForYetGoesToTheSubnetThatIsConfiguredNow) {
  world.launch_answers = {failure(FailureClass::kThrottle, "RequestLimitExceeded")};
  const CallerId caller = world.get();
  Settings settings = world.settings();
  settings.pools.begin()->second.subnets = {"subnet-b"};
  world.reload(settings);
  world.run_for(seconds{30});
  EXPECT_NE(world.answer(caller).find("203.0.113."), std::string::npos);
  EXPECT_NE(world.launches.back().request.find("subnet-b"), std::string::npos);
}

TEST_F(Reload, WhatWasTriedInAMarketThatIsNoneOfThePoolsAnyMoreIsNoTry) {
  Settings settings = world.settings();
  settings.pools.begin()->second.instance_types = {"c7i.16xlarge"};
  settings.pools.begin()->second.market = MarketOrder::kSpot;
  world.reload(settings);
  world.never_ready = true;
  const CallerId caller = world.get();
  settings.pools.begin()->second.market = MarketOrder::kOnDemand;
  world.reload(settings);
  world.launch_answers = {failure(FailureClass::kCapacity, "InsufficientInstanceCapacity")};
  world.run_for(minutes{4});
  EXPECT_EQ(world.answer(caller),
            "ERROR: no capacity for pool default (c7i.16xlarge on-demand: "
            "InsufficientInstanceCapacity: said the test); tried again in 3m");
}

TEST_F(Reload, CallersOfAPoolThatIsRemovedAreToldSo) {
  world.hold_launches = true;
  const CallerId caller = world.get();
  Settings settings = world.settings();
  settings.pools = {{PoolName{"other"}, settings.pools.begin()->second}};
  world.reload(settings);
  EXPECT_EQ(world.answer(caller), "ERROR: pool default is not configured");
}

}  // namespace
}  // namespace cb::core::testing
