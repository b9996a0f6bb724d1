// Pools that launch in several regions, in virtual time.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/broker_fixture.h"

namespace cb::core::testing {
namespace {

const CloudFailure kNone = failure(FailureClass::kCapacity, "InsufficientInstanceCapacity");

struct RegionTest : BrokerTest {
  void SetUp() override {
    PoolSettings& pool = world.settings().pools.begin()->second;
    pool.instance_types = {"c7i.16xlarge"};
    pool.regions = {"us-east-1", "eu-west-1"};
    pool.images = {{"eu-west-1", {"ami-0eu"}}};
    pool.region_security_groups = {{"eu-west-1", {"sg-0eu"}}};
    begin();
  }
  void begin() {
    world.crash_and_restart();
    world.run_for(seconds{1});
  }
  std::string answer(CallerId caller) {
    world.run_for(seconds{40});
    return world.answer(caller);
  }
  std::vector<std::string> regions_of_launches() const {
    std::vector<std::string> out;
    for (const LaunchInstance& launch : world.launches) out.push_back(launch.region);
    return out;
  }
  CallerId ask_in(const std::string& region) {
    GetWorker request;
    request.region = region;
    return world.ask(request);
  }
};

using Regions = std::vector<std::string>;

TEST_F(RegionTest, TheFirstHasItWhileItCan) {
  EXPECT_EQ(answer(world.get()), "203.0.113.1");
  EXPECT_EQ(regions_of_launches(), Regions{"us-east-1"});
}

TEST_F(RegionTest, WhatOneRegionLacksOnSpotAndOnDemandTheNextHas) {
  world.launch_answers = {kNone, kNone};
  EXPECT_EQ(answer(world.get()), "203.0.113.1");
  EXPECT_EQ(regions_of_launches(), (Regions{"us-east-1", "us-east-1", "eu-west-1"}));
  EXPECT_EQ(world.only().view.image, "ami-0eu");
}

TEST_F(RegionTest, WhatNoRegionHasIsSaidOfEach) {
  world.launch_answers = {kNone, kNone, kNone, kNone};
  EXPECT_EQ(answer(world.get()),
            "ERROR: no capacity for pool default (c7i.16xlarge spot, c7i.16xlarge on-demand, "
            "c7i.16xlarge spot in eu-west-1, c7i.16xlarge on-demand in eu-west-1: "
            "InsufficientInstanceCapacity: said the test); tried again in 3m");
}

TEST_F(RegionTest, ARegionThatCannotBeAskedIsLeftForTheNext) {
  world.dead_regions = {"us-east-1"};
  const CallerId caller = world.get();
  world.run_for(seconds{70});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
  EXPECT_EQ(world.launches.back().region, "eu-west-1");
  // Who comes later need not wait for what is known of the first.
  world.post(Asked{{900}, Release{"203.0.113.1"}});
  world.run_for(seconds{60});
  const std::size_t before = world.launches.size();
  const CallerId next = world.get();
  EXPECT_EQ(world.launches.size(), before + 1);
  EXPECT_EQ(world.launches.back().region, "eu-west-1");
  world.run_for(seconds{16});
  EXPECT_EQ(world.answer(next), "203.0.113.2");
}

TEST_F(RegionTest, WhoWaitsHearsWhyItIsAnotherRegion) {
  world.dead_regions = {"us-east-1"};
  world.run_for(minutes{2});
  EXPECT_EQ(told_of_a_launch(),
            "launching c7i.16xlarge spot in eu-west-1, since c7i.16xlarge spot, c7i.16xlarge "
            "on-demand: EC2 cannot be asked");
}

TEST_F(RegionTest, ARegionThatIsDeadFromTheBeginningHoldsUpNobodyForLong) {
  world.dead_regions = {"us-east-1"};
  begin();
  const CallerId caller = world.get();
  world.run_for(seconds{50});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
}

TEST_F(RegionTest, WorkersOfADeadRegionAreServedAndTakenUpWhenItIsBack) {
  const std::string first = ready_worker();
  world.dead_regions = {"us-east-1"};
  world.run_for(minutes{2});
  EXPECT_EQ(answer(world.get()), first);
  EXPECT_EQ(world.launches.size(), 1U);
  world.dead_regions.clear();
  world.run_for(minutes{1});
  EXPECT_EQ(answer(world.get()), first);
  EXPECT_EQ(world.alive(), 1U);
}

TEST_F(RegionTest, ALaunchThatMayHaveHappenedWhereNobodyAnswersIsFoundWhenTheRegionIsBack) {
  world.lose_launch_answers = true;
  const CallerId caller = world.get();
  world.only().listed = false;
  world.lose_launch_answers = false;
  world.dead_regions = {"us-east-1"};
  world.run_for(seconds{70});
  EXPECT_EQ(world.answer(caller), "203.0.113.2");
  EXPECT_EQ(world.alive(), 2U);
  world.dead_regions.clear();
  world.machines.at({"i-1"}).listed = true;
  world.run_for(minutes{30});  // nobody uses either
  EXPECT_EQ(world.alive(), 0U);
  EXPECT_TRUE(world.journal.attempts.empty());
}

TEST_F(RegionTest, WithoutAnyRegionWhoWaitsIsToldOfTheFirst) {
  world.dead_regions = {"us-east-1", "eu-west-1"};
  const CallerId caller = world.get();
  world.run_for(seconds{60});
  EXPECT_EQ(world.answer(caller).find("ERROR: EC2 cannot be asked: "), 0U) << world.answer(caller);
}

TEST_F(RegionTest, AnImageThatOneRegionLacksHoldsUpNoOther) {
  world.launch_answers = {failure(FailureClass::kBadConfig, "InvalidAMIID.NotFound")};
  EXPECT_EQ(answer(world.get()), "203.0.113.1");
  EXPECT_EQ(regions_of_launches(), (Regions{"us-east-1", "eu-west-1"}));
}

TEST_F(RegionTest, AQuotaIsOneOfItsRegion) {
  world.launch_answers = {failure(FailureClass::kQuota, "MaxSpotInstanceCountExceeded"),
                          failure(FailureClass::kQuota, "VcpuLimitExceeded")};
  EXPECT_EQ(answer(world.get()), "203.0.113.1");
  EXPECT_EQ(regions_of_launches(), (Regions{"us-east-1", "us-east-1", "eu-west-1"}));
}

TEST_F(RegionTest, WhoNamesARegionIsServedThere) {
  const std::string first = ready_worker();
  const CallerId caller = ask_in("eu-west-1");
  EXPECT_EQ(answer(caller), "203.0.113.2");
  EXPECT_EQ(world.launches.back().region, "eu-west-1");
  EXPECT_EQ(answer(ask_in("us-east-1")), first);
  EXPECT_EQ(answer(ask_in("ap-south-1")),
            "ERROR: no pool offers region ap-south-1; there is default (64 cores; us-east-1, "
            "eu-west-1)");
}

TEST_F(RegionTest, WhoNamesADeadRegionIsToldSoThoughAnotherServes) {
  ready_worker();
  world.dead_regions = {"eu-west-1"};
  world.run_for(minutes{2});
  const CallerId caller = ask_in("eu-west-1");
  world.run_for(seconds{30});
  EXPECT_NE(world.answer(caller).find("EC2 in eu-west-1 cannot be asked"), std::string::npos)
      << world.answer(caller);
  EXPECT_EQ(world.launches.size(), 1U);
}

TEST_F(RegionTest, WhatALostLaunchLeftInARegionThatNobodyNamesAnyMoreIsFoundAndEnded) {
  world.lose_launch_answers = true;
  world.post(CallerGone{ask_in("eu-west-1")});
  world.only().listed = false;
  world.run_for(minutes{30});
  ASSERT_TRUE(world.journal.attempts.empty());
  ASSERT_EQ(world.alive(), 1U);
  PoolSettings& pool = world.settings().pools.begin()->second;
  pool.regions = {"us-east-1"};
  pool.images.clear();
  world.crash_and_restart();
  world.machines.begin()->second.listed = true;
  world.run_for(minutes{1});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(RegionTest, WhatEachRegionRefusesIsToldOfEach) {
  world.launch_answers = {failure(FailureClass::kBadConfig, "InvalidAMIID.NotFound"),
                          failure(FailureClass::kBadConfig, "InvalidAMIID.NotFound")};
  answer(world.get());
  const auto alerts = std::count_if(world.log.begin(), world.log.end(), [](const Log& line) {
    return line.level == LogLevel::kAlert &&
           line.text.find("InvalidAMIID.NotFound") != std::string::npos;
  });
  EXPECT_EQ(alerts, 2);
}

TEST_F(RegionTest, OfWhatIsConfiguredNoMoreOnlyWhatIsUnusedEnds) {
  world.launch_answers = {kNone, kNone};
  const std::string used = ready_worker();
  PoolSettings& pool = world.settings().pools.begin()->second;
  pool.regions = {"us-east-1"};
  world.change_settings();
  world.run_for(minutes{1});
  EXPECT_EQ(world.alive(), 1U);
  EXPECT_TRUE(world.ping(used));
  // It is watched, and goes by the idle rule; who comes gets one of the region that is configured.
  EXPECT_NE(answer(world.get()), used);
  EXPECT_EQ(world.launches.back().region, "us-east-1");
  world.run_for(minutes{30});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(RegionTest, APlaceInADeadRegionIsWaitedForByNobody) {
  world.settings().max_workers = 1;
  world.change_settings();
  const std::string first = ready_worker();
  world.dead_regions = {"us-east-1"};
  world.run_for(minutes{2});
  world.post(Asked{{900}, Release{first}});
  const CallerId caller = world.get();
  world.run_for(seconds{5});
  EXPECT_EQ(world.answer(caller).find("ERROR: max_workers = 1 is reached (1 workers)"), 0U)
      << world.answer(caller);
}

TEST_F(RegionTest, WithoutAJournalNothingIsLaunchedBeforeEachRegionHasShownWhatItHas) {
  world.launch_answers = {kNone, kNone};
  const std::string used = ready_worker();
  world.journal = {};
  world.nonce = "an0ther";
  world.settings().sweep_grace = Duration{0};
  world.silent_regions = {"eu-west-1"};
  world.crash_and_restart();
  const CallerId caller = world.get();
  world.run_for(seconds{20});
  EXPECT_EQ(world.launches.size(), 3U);
  EXPECT_EQ(world.answer(caller), "");
  world.answer_silent_regions();
  world.run_for(seconds{10});
  EXPECT_EQ(world.answer(caller), used);
  EXPECT_EQ(world.alive(), 1U);
}

TEST_F(RegionTest, ARegionThatListsAndAnswersNoLaunchIsLeftForTheNext) {
  for (int n = 0; n < 40; ++n) {
    world.launch_answers.emplace_back(failure(FailureClass::kThrottle, "RequestLimitExceeded"));
  }
  world.only_in("us-east-1");
  const CallerId caller = world.get();
  world.run_for(seconds{60});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
  EXPECT_EQ(world.launches.back().region, "eu-west-1");
}

TEST_F(RegionTest, OneLaunchThatIsNotAnsweredIsNoRegionThatAnswersNone) {
  world.lose_launch_answers = true;
  world.get();
  world.lose_launch_answers = false;
  world.run_for(minutes{30});  // found by a listing, served and idle
  ASSERT_EQ(world.alive(), 0U);
  world.launch_answers = {failure(FailureClass::kThrottle, "RequestLimitExceeded")};
  EXPECT_EQ(answer(world.get()), "203.0.113.2");
  EXPECT_EQ(regions_of_launches(), (Regions{"us-east-1", "us-east-1", "us-east-1"}));
}

TEST_F(RegionTest, LaunchesThatAreNotAnsweredNowAndThenAreNoRegionThatAnswersNone) {
  const CloudFailure throttled = failure(FailureClass::kThrottle, "RequestLimitExceeded");
  world.launch_answers = {throttled};
  world.post(CallerGone{world.get()});  // who leaves before the second try
  world.run_for(hours{2});
  world.launch_answers = {throttled};
  EXPECT_EQ(answer(world.get()), "203.0.113.1");
  EXPECT_EQ(world.launches.back().region, "us-east-1");
}

TEST_F(RegionTest, ARegionThatAnswersNoLaunchIsAskedOnWhereTheOtherHasNothingLeft) {
  world.only_in("eu-west-1");
  world.launch_answers = {kNone, kNone};
  const CallerId there = ask_in("eu-west-1");
  world.run_for(seconds{1});
  ASSERT_NE(world.answer(there).find("no capacity"), std::string::npos) << world.answer(there);
  world.only_in("us-east-1");
  for (int n = 0; n < 80; ++n) {
    world.launch_answers.emplace_back(failure(FailureClass::kThrottle, "RequestLimitExceeded"));
  }
  const CallerId caller = world.get();
  world.run_for(seconds{60});
  world.launch_answers.clear();
  world.run_for(seconds{60});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
  EXPECT_EQ(world.launches.back().region, "us-east-1");
}

TEST_F(RegionTest, WhoAsksForEverythingWhileTheKeysAreProvedIsToldEverything) {
  ready_worker();  // in us-east-1, and eu-west-1 answers first
  world.identity.account.clear();
  world.hold_identity = true;
  world.crash_and_restart();
  const CallerId caller = world.ask(ListAll{});
  world.post(Identified{world.identity});
  world.run_for(seconds{5});
  EXPECT_EQ(world.answer(caller), "1 instances");
}

TEST_F(RegionTest, TerminateAllSaysOfEachRegionWhatItSaid) {
  const std::string first = ready_worker();
  const CallerId there = ask_in("eu-west-1");
  world.run_for(seconds{20});
  ASSERT_EQ(world.answer(there), "203.0.113.2");
  world.dead_regions = {"us-east-1"};
  world.post(Asked{{900}, TerminateAll{}});
  world.run_for(seconds{15});
  EXPECT_EQ(world.answer({900}).find("ended i-2, not i-1: EC2 cannot be asked: "), 0U)
      << world.answer({900});
}

TEST_F(RegionTest, WhoAskedForARegionThatIsTakenOutIsToldSo) {
  world.hold_launches = true;
  const CallerId caller = ask_in("eu-west-1");
  world.only().listed = false;
  PoolSettings& pool = world.settings().pools.begin()->second;
  pool.regions = {"us-east-1"};
  world.machines.clear();
  world.hold_launches = false;
  world.change_settings();
  world.run_for(minutes{12});
  EXPECT_EQ(world.answer(caller).find("ERROR: "), 0U);
  EXPECT_EQ(world.answer(caller).find("quota"), std::string::npos) << world.answer(caller);
}

TEST_F(RegionTest, EndsGoWhereTheirWorkersAre) {
  world.launch_answers = {kNone, kNone};
  const std::string address = ready_worker();
  world.post(Asked{{900}, TerminateAll{}});
  world.run_for(seconds{5});
  EXPECT_EQ(world.alive(), 0U);
  EXPECT_EQ(world.answer({900}), "ended i-1") << address;
}

}  // namespace
}  // namespace cb::core::testing
