// Pools that launch in the subnets of several zones, in virtual time.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/broker_fixture.h"

namespace cb::core::testing {
namespace {

struct SubnetTest : BrokerTest {
  void SetUp() override {
    PoolSettings& pool = world.settings().pools.begin()->second;
    pool.instance_types = {"c7i.16xlarge"};
    pool.subnets = {"subnet-a", "subnet-b"};
    world.start();
    world.change_settings();
  }
  std::string answer(CallerId caller) {
    world.run_for(seconds{30});
    return world.answer(caller);
  }
};

TEST_F(SubnetTest, WhatOneZoneLacksAnotherHas) {
  world.launch_answers = {failure(FailureClass::kCapacity, "InsufficientInstanceCapacity")};
  EXPECT_EQ(answer(world.get()), "203.0.113.1");
  EXPECT_TRUE(world.logged("launched worker i-1 (c7i.16xlarge spot"));
  EXPECT_EQ(world.launches.size(), 2U);
}

TEST_F(SubnetTest, WhatNoZoneHasIsSaidOfEach) {
  for (int n = 0; n < 4; ++n) {
    world.launch_answers.emplace_back(
        failure(FailureClass::kCapacity, "InsufficientInstanceCapacity"));
  }
  EXPECT_EQ(answer(world.get()),
            "ERROR: no capacity for pool default (c7i.16xlarge spot in subnet-a, c7i.16xlarge spot "
            "in subnet-b, c7i.16xlarge on-demand in subnet-a, c7i.16xlarge on-demand in subnet-b: "
            "InsufficientInstanceCapacity: said the test); tried again in 3m");
}

TEST_F(SubnetTest, WhoWaitsHearsWhatWasRefusedBefore) {
  for (int n = 0; n < 2; ++n) {
    world.launch_answers.emplace_back(
        failure(FailureClass::kCapacity, "InsufficientInstanceCapacity"));
  }
  EXPECT_EQ(told_of_a_launch(),
            "launching c7i.16xlarge on-demand in subnet-a, since c7i.16xlarge spot in subnet-a, "
            "c7i.16xlarge spot in subnet-b: InsufficientInstanceCapacity");
}

TEST_F(SubnetTest, ASubnetThatIsGoneHoldsUpNoOther) {
  world.launch_answers = {failure(FailureClass::kBadConfig, "InvalidSubnetID.NotFound")};
  EXPECT_EQ(answer(world.get()), "203.0.113.1");
  EXPECT_EQ(world.launches.size(), 2U);
  EXPECT_TRUE(world.logged("InvalidSubnetID.NotFound"));
}

TEST_F(SubnetTest, ASubnetThatGivesNoAddressHoldsUpNoOther) {
  const CallerId caller = world.get();
  world.run_for(seconds{1});
  world.only().view.state = InstanceState::kRunning;
  world.run_for(minutes{2});
  EXPECT_EQ(world.answer(caller), "203.0.113.2");
  ASSERT_EQ(world.launches.size(), 2U);
  EXPECT_NE(world.launches[1].request.find("subnet-b"), std::string::npos);
}

TEST_F(SubnetTest, WhereAMachineEndedForLackOfCapacityIsRemembered) {
  world.get();
  world.run_for(seconds{2});
  world.end(world.only(), "Server.InsufficientInstanceCapacity");
  world.run_for(seconds{2});
  ASSERT_EQ(world.launches.size(), 2U);
  EXPECT_NE(world.launches[1].request.find("subnet-b"), std::string::npos);
}

}  // namespace
}  // namespace cb::core::testing
