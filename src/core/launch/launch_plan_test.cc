#include "core/launch/launch_plan.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "core/advice/cloud_advice.h"

namespace cb::core {
namespace {

Settings in_one_region() {
  Settings settings;
  settings.region = "us-east-1";
  return settings;
}

TEST(LaunchPlan, SpotOfEachTypeComesBeforeOnDemandOfTheFirst) {
  const auto all = candidates(in_one_region(), PoolSettings{}, {});
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(to_string(all[0]), "c7i.16xlarge spot");
  EXPECT_EQ(to_string(all[2]), "c7a.16xlarge spot");
  EXPECT_EQ(to_string(all[3]), "c7i.16xlarge on-demand");
}

TEST(LaunchPlan, AMarketThatIsNotWantedIsNotTried) {
  PoolSettings pool;
  pool.market = MarketOrder::kSpot;
  EXPECT_EQ(candidates(in_one_region(), pool, {}).size(), 3U);
  pool.market = MarketOrder::kOnDemand;
  for (const Candidate& candidate : candidates(in_one_region(), pool, {})) {
    EXPECT_EQ(candidate.market, Market::kOnDemand);
  }
}

TEST(LaunchPlan, ATypeIsTriedInEverySubnetBeforeTheNext) {
  PoolSettings pool;
  pool.instance_types = {"c7i.16xlarge", "c6i.16xlarge"};
  pool.subnets = {"subnet-a", "subnet-b"};
  std::vector<std::string> names;
  for (const Candidate& one : candidates(in_one_region(), pool, {}))
    names.push_back(to_string(one));
  EXPECT_EQ(names,
            (std::vector<std::string>{
                "c7i.16xlarge spot in subnet-a", "c7i.16xlarge spot in subnet-b",
                "c6i.16xlarge spot in subnet-a", "c6i.16xlarge spot in subnet-b",
                "c7i.16xlarge on-demand in subnet-a", "c7i.16xlarge on-demand in subnet-b"}));
  const Settings settings = in_one_region();
  EXPECT_TRUE(launches_in(settings, pool, "us-east-1", "subnet-b"));
  EXPECT_FALSE(launches_in(settings, pool, "us-east-1", ""));
  EXPECT_FALSE(launches_in(settings, pool, "eu-west-1", "subnet-b"));
  EXPECT_TRUE(launches_in(settings, PoolSettings{}, "us-east-1", ""));
}

TEST(LaunchPlan, OnDemandOfOneRegionComesBeforeSpotOfTheNext) {
  PoolSettings pool;
  pool.instance_types = {"c7i.16xlarge"};
  pool.regions = {"eu-west-1", "us-east-1"};
  pool.region_subnets = {{"us-east-1", {"subnet-a"}}};
  std::vector<std::string> names;
  for (const Candidate& one : candidates(in_one_region(), pool, {})) {
    names.push_back(str(to_string(one), ", ", one.region));
  }
  EXPECT_EQ(names, (std::vector<std::string>{"c7i.16xlarge spot, eu-west-1",
                                             "c7i.16xlarge on-demand, eu-west-1",
                                             "c7i.16xlarge spot in subnet-a, us-east-1",
                                             "c7i.16xlarge on-demand in subnet-a, us-east-1"}));
  Need need;
  need.region = "us-east-1";
  EXPECT_EQ(candidates(in_one_region(), pool, need).size(), 2U);
}

TEST(LaunchPlan, ALaunchIsOfItsRegionsImageAndGroups) {
  PoolSettings pool;
  pool.image = "ami-1";
  pool.images = {{"eu-west-1", {"ami-2"}}};
  pool.security_groups = {"workers"};
  pool.region_security_groups = {{"eu-west-1", {"sg-2"}}};
  const auto spec_in = [&](const std::string& region) {
    return launch_spec(in_one_region(), {"default"}, pool, {region, Market::kSpot, "t"},
                       make_token("n0nce", 7), WallTime{});
  };
  EXPECT_EQ(spec_in("us-east-1").image, "ami-1");
  EXPECT_EQ(spec_in("us-east-1").security_groups, std::vector<std::string>{"workers"});
  EXPECT_EQ(spec_in("eu-west-1").image, "ami-2");
  EXPECT_EQ(spec_in("eu-west-1").security_groups, std::vector<std::string>{"sg-2"});
}

TEST(LaunchPlan, ALaunchCarriesTheTagsByWhichItIsFoundAgain) {
  Settings settings;
  settings.name = "lab";
  const LaunchSpec spec =
      launch_spec(settings, {"default"}, PoolSettings{}, {"us-east-1", Market::kSpot, "t"},
                  make_token("n0nce", 7), WallTime{Duration{1'795'428'000'000}});
  EXPECT_EQ(spec.tags.at("Name"), "dserv-worker");
  EXPECT_EQ(spec.tags.at("compute-broker"), "lab");
  EXPECT_EQ(spec.tags.at("compute-broker-pool"), "default");
  EXPECT_EQ(spec.tags.at("compute-broker-token"), "cb-n0nce-7");
  EXPECT_EQ(spec.tags.at("compute-broker-expires"), "2026-11-23T22:00:00Z");
  EXPECT_EQ(nonce_of(spec.token), "n0nce");
  EXPECT_LE(spec.token.value.size(), 64U);
}

const PoolName kOne{"one"}, kOther{"other"};

Refusal refusal(Instant at, Instant until) {
  return {{FailureClass::kCapacity, "Code", "said the test"}, at, until};
}

TEST(CapacityMemory, AHitIsForgottenAfterItsTimeAndRearmedByTheNext) {
  CapacityMemory memory;
  const Candidate candidate{"us-east-1", Market::kSpot, "c7i.16xlarge"};
  memory.no_capacity(candidate, refusal(Instant{}, Instant{seconds{10}}));
  EXPECT_EQ(memory.unavailable(kOne, candidate, Instant{seconds{9}})->failure.code, "Code");
  EXPECT_FALSE(memory.unavailable(kOne, candidate, Instant{seconds{10}}));
  memory.no_capacity(candidate, refusal(Instant{}, Instant{seconds{30}}));
  EXPECT_TRUE(memory.unavailable(kOne, candidate, Instant{seconds{29}}));
}

TEST(CapacityMemory, AQuotaClosesItsMarketAndItsTypesOnlyAndIsNewsOnce) {
  CapacityMemory memory;
  const Instant now{seconds{1}}, until{seconds{100}};
  const Closure spot{"r", Market::kSpot, vcpu_group("c7i.16xlarge")};
  EXPECT_TRUE(memory.close(spot, refusal(now, until)));
  EXPECT_FALSE(memory.close(spot, refusal(now, until)));
  EXPECT_TRUE(memory.unavailable(kOne, {"r", Market::kSpot, "m7i.large"}, now));
  EXPECT_FALSE(memory.unavailable(kOne, {"r", Market::kOnDemand, "m7i.large"}, now));
  EXPECT_FALSE(memory.unavailable(kOne, {"r", Market::kSpot, "p4d.24xlarge"}, now));
  EXPECT_FALSE(memory.unavailable(kOne, {"other", Market::kSpot, "m7i.large"}, now));
}

TEST(CapacityMemory, AQuotaOfStorageClosesBothMarketsForEveryType) {
  CapacityMemory memory;
  const Instant now{seconds{1}}, until{seconds{100}};
  memory.close({"r", {}}, refusal(now, until));
  EXPECT_TRUE(memory.unavailable(kOne, {"r", Market::kSpot, "c7i.large"}, now));
  EXPECT_TRUE(memory.unavailable(kOne, {"r", Market::kOnDemand, "p5.48xlarge"}, now));
}

TEST(CapacityMemory, WhatOnePoolWasRefusedForItsOwnWishesHoldsUpNoOther) {
  CapacityMemory memory;
  const Candidate candidate{"us-east-1", Market::kSpot, "c7i.16xlarge"};
  memory.refused(kOne, candidate, refusal(Instant{}, Instant{seconds{10}}));
  EXPECT_TRUE(memory.unavailable(kOne, candidate, Instant{seconds{9}}));
  EXPECT_FALSE(memory.unavailable(kOther, candidate, Instant{seconds{9}}));
}

}  // namespace
}  // namespace cb::core
