#include "core/demand/placement.h"

#include <gtest/gtest.h>

#include <string>

namespace cb::core {
namespace {

Slot coming(std::size_t room, Market market = Market::kSpot) {
  return {.type = "c7i.16xlarge", .market = market, .room = room};
}

Need cores(int number) {
  return {.cores = number, .leased = true};
}

Need several(int count) {
  return {.count = count, .leased = true};
}

PoolSettings packed() {
  PoolSettings pool;
  pool.sharing = Sharing::kPacked;
  pool.instance_types = {"c7i.16xlarge"};  // 64
  return pool;
}

PoolSettings exclusive() {
  PoolSettings pool;
  pool.sharing = Sharing::kExclusive;
  return pool;
}

// The workers that are missing for each group, "" where it lacks none.
std::string missing(const PoolSettings& pool, const std::vector<Group>& groups,
                    std::vector<Slot> slots = {}, std::size_t more = 1000) {
  std::string out;
  for (const auto& one : place(pool, groups, std::move(slots), more).missing) {
    out += (out.empty() ? "" : " ") + std::to_string(one.workers);
  }
  return out;
}

TEST(Placement, OneWorkerServesAllWhoShareIt) {
  EXPECT_EQ(missing(PoolSettings{}, {{{}, 1000}}), "1");
  EXPECT_EQ(missing(PoolSettings{}, {{{}, 1000}}, {coming(kAnyNumber)}), "");
}

TEST(Placement, OfOneWhoFitsOnWhatOthersLackNothingElseIsMissing) {
  const Need leased{.leased = true};
  EXPECT_EQ(missing(PoolSettings{}, {{{}, 3}, {leased, 2}}), "1 0");
}

TEST(Placement, EachHasAWorkerOfItsOwnWhereThatIsTheRule) {
  EXPECT_EQ(missing(exclusive(), {{{.leased = true}, 5}}, {coming(1), coming(1)}), "3");
  EXPECT_EQ(missing(exclusive(), {{{.leased = true}, 5}}, {coming(1), coming(0)}), "4");
}

TEST(Placement, TwoHundredOfSixteenCoresAreFiftyWorkers) {
  EXPECT_EQ(missing(packed(), {{cores(16), 200}}), "50");
  EXPECT_EQ(missing(packed(), {{cores(16), 201}}), "51");
  EXPECT_EQ(missing(packed(), {{cores(16), 200}}, {coming(64), coming(40)}), "49");
}

TEST(Placement, NobodyIsSplitOverTwoWorkers) {
  EXPECT_EQ(missing(packed(), {{cores(16), 1}}, {coming(4), coming(12)}), "1");
  EXPECT_EQ(missing(packed(), {{cores(40), 3}}), "3");
}

TEST(Placement, WhatIsLeftOfThoseForOneIsForTheNext) {
  EXPECT_EQ(missing(packed(), {{cores(40), 3}, {cores(24), 3}}), "3 0");
  EXPECT_EQ(missing(packed(), {{cores(40), 3}, {cores(24), 4}}), "3 1");
  EXPECT_EQ(missing(packed(), {{cores(40), 1}, {cores(24), 2}, {cores(1), 40}}), "1 1 0");
}

TEST(Placement, TheFullestThatHasRoomIsTakenSoThatOthersDrain) {
  const Placement placed = place(packed(), {{cores(8), 1}}, {coming(64), coming(8)}, 0);
  EXPECT_FALSE(placed.slots[0].used);
  EXPECT_TRUE(placed.slots[1].used);
  EXPECT_EQ(placed.slots[1].room, 0u);
}

TEST(Placement, WhoAsksForNoCoresHasAWholeWorker) {
  EXPECT_EQ(missing(packed(), {{cores(0), 2}}, {coming(64)}), "1");
  Slot begun = coming(60);
  begun.fresh = false;
  EXPECT_EQ(missing(packed(), {{cores(0), 1}}, {begun}), "1");
}

TEST(Placement, OneAloneLetsNobodyElseOnItsWorker) {
  const Need alone{.leased = true, .alone = true};
  EXPECT_EQ(missing(PoolSettings{}, {{alone, 2}, {{}, 7}}), "2 1");
  EXPECT_EQ(missing(PoolSettings{}, {{{}, 7}, {alone, 2}}, {coming(kAnyNumber)}), "2");
}

TEST(Placement, OnlyWhatIsAskedForIsOfUse) {
  const Need on_demand{.market = Market::kOnDemand};
  const Need other_type{.type = "c6i.16xlarge"};
  const Placement placed =
      place(PoolSettings{}, {{on_demand, 1}, {other_type, 1}}, {coming(kAnyNumber)}, 1000);
  ASSERT_EQ(placed.missing.size(), 2u);
  EXPECT_TRUE(placed.missing[0].nothing_comes);
  EXPECT_EQ(missing(PoolSettings{}, {{on_demand, 1}}, {coming(kAnyNumber, Market::kOnDemand)}), "");
}

TEST(Placement, WhoLacksRoomOnWhatComesIsNotWithoutHope) {
  EXPECT_FALSE(
      place(exclusive(), {{{.leased = true}, 2}}, {coming(1)}, 0).missing[0].nothing_comes);
}

TEST(Placement, ACountHasAWorkerForEachEvenWhereTheyAreShared) {
  EXPECT_EQ(missing(PoolSettings{}, {{several(3), 1}}, {coming(kAnyNumber)}), "2");
  EXPECT_EQ(missing(PoolSettings{}, {{several(3), 4}}, {coming(kAnyNumber)}), "2");
  EXPECT_EQ(missing(exclusive(), {{several(3), 2}}, {coming(1)}), "5");
}

TEST(Placement, ACountIsPackedWhereWorkersAre) {
  Need need = several(5);
  need.cores = 16;
  EXPECT_EQ(missing(packed(), {{need, 1}}), "2");
}

TEST(Placement, ASecondCountThatCannotBeMetIsNotBegun) {
  EXPECT_EQ(missing(exclusive(), {{several(5), 1}}, {}, 8), "5");
  EXPECT_EQ(missing(exclusive(), {{several(5), 2}}, {}, 8), "5");
  EXPECT_EQ(missing(exclusive(), {{several(5), 2}}, {}, 10), "10");
  // The oldest waits for room, as everybody does.
  EXPECT_EQ(missing(exclusive(), {{several(5), 1}}, {}, 3), "5");
}

TEST(Placement, ACountThatCameLaterBeginsNothingBeforeTheOldestHasAll) {
  Need choosier = several(5);
  choosier.type = "c6i.16xlarge";
  EXPECT_EQ(missing(exclusive(), {{several(6), 1}, {choosier, 1}}, {}, 8), "6");
  EXPECT_EQ(missing(exclusive(), {{several(6), 1}, {choosier, 1}}, {}, 11), "6 5");
}

TEST(Placement, AReadyOneThatIsHeldForACountIsNoHopeForItsOthers) {
  Slot ready = coming(1);
  ready.ready = true;
  const Placement placed = place(exclusive(), {{several(2), 1}}, {ready}, 8);
  ASSERT_EQ(placed.missing.size(), 1u);
  EXPECT_EQ(placed.missing[0].workers, 1u);
  EXPECT_TRUE(placed.missing[0].nothing_comes);
}

}  // namespace
}  // namespace cb::core
