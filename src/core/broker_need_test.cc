// What a request asks of its worker: a type, a market, cores of its own, nobody else, several.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "core/broker_fixture.h"

namespace cb::core::testing {
namespace {

struct NeedTest : BrokerTest {
  void SetUp() override {
    world.settings().max_workers = 8;
    world.start();
    world.change_settings();
  }
  PoolSettings& pool() { return world.settings().pools[{"default"}]; }
  void with(Sharing sharing) {
    pool().sharing = sharing;
    world.change_settings();
  }
  CallerId ask(GetWorker request, std::uint64_t connection = 0) {
    world.connection = {connection};
    request.leased = connection != 0;
    return world.ask(std::move(request));
  }
  CallerId ask_type(const std::string& type, std::uint64_t connection = 0) {
    GetWorker request;
    request.type = type;
    return ask(std::move(request), connection);
  }
  CallerId ask_cores(int cores, std::uint64_t connection) {
    GetWorker request;
    request.cores = cores;
    return ask(std::move(request), connection);
  }
  CallerId ask_count(int count, std::uint64_t connection, std::optional<Duration> wait = {}) {
    GetWorker request;
    request.count = count;
    request.wait = wait;
    return ask(std::move(request), connection);
  }
  CallerId ask_alone(std::uint64_t connection) {
    GetWorker request;
    request.alone = true;
    return ask(std::move(request), connection);
  }
  std::string address(CallerId caller) {
    const std::string answer = world.answer(caller);
    return answer.substr(0, answer.find(' '));
  }
  std::vector<std::string> launched() {
    std::vector<std::string> out;
    for (const auto& [id, machine] : world.machines) {
      out.push_back(str(machine.view.type, " ", to_string(machine.view.market)));
    }
    return out;
  }
};

TEST_F(NeedTest, AWorkerOfTheTypeThatIsAskedForIsLaunchedBesideOthers) {
  ready_worker();
  const CallerId other = ask_type("c6i.16xlarge");
  const CallerId same = ask_type("c7i.16xlarge");
  EXPECT_EQ(world.answer(same), "203.0.113.1");
  EXPECT_EQ(world.answer(other), "");
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(other), "203.0.113.2");
  EXPECT_EQ(launched(), (std::vector<std::string>{"c7i.16xlarge spot", "c6i.16xlarge spot"}));
}

TEST_F(NeedTest, ATypeIsTriedOnDemandWhenItIsNotToBeHadOnSpot) {
  world.launch_answers = {failure(FailureClass::kCapacity, "InsufficientInstanceCapacity")};
  ask_type("c6i.16xlarge");
  EXPECT_EQ(launched(), (std::vector<std::string>{"c6i.16xlarge on-demand"}));
}

TEST_F(NeedTest, WhereTheTypeIsNotToBeHadNoOtherIsLaunchedAndNobodyElseIsRefused) {
  world.hold_launches = true;
  const CallerId any = world.get();
  world.hold_launches = false;
  world.launch_answers = {failure(FailureClass::kCapacity, "InsufficientInstanceCapacity"),
                          failure(FailureClass::kCapacity, "InsufficientInstanceCapacity")};
  const CallerId one = ask_type("c6i.16xlarge");
  EXPECT_EQ(world.answer(one).find("ERROR: no capacity for pool default (c6i.16xlarge spot, "
                                   "c6i.16xlarge on-demand: InsufficientInstanceCapacity"),
            0u)
      << world.answer(one);
  EXPECT_EQ(world.answer(any), "");
}

TEST_F(NeedTest, WhoTakesAnythingIsServedByTheTypeThatAnotherAskedFor) {
  const CallerId one = ask_type("c6i.16xlarge");
  const CallerId any = world.get();
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(any), world.answer(one));
  EXPECT_EQ(world.launches.size(), 1u);
}

TEST_F(NeedTest, AnOnDemandWorkerIsNeverSpot) {
  ready_worker();
  GetWorker request;
  request.market = Market::kOnDemand;
  const CallerId caller = ask(request);
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(caller), "203.0.113.2");
  EXPECT_EQ(launched().back(), "c7i.16xlarge on-demand");
}

TEST_F(NeedTest, WhatNoPoolOffersIsRefusedAtOnce) {
  EXPECT_EQ(world.answer(ask_type("m7i.large")),
            "ERROR: no pool offers m7i.large; there is default (64 cores; c7i.16xlarge, "
            "c6i.16xlarge, c7a.16xlarge)");
  GetWorker request;
  request.region = "eu-west-1";
  EXPECT_EQ(world.answer(ask(request)),
            "ERROR: no pool offers region eu-west-1; there is default (64 cores; us-east-1)");
  pool().market = MarketOrder::kSpot;
  world.change_settings();
  request = {};
  request.market = Market::kOnDemand;
  EXPECT_EQ(world.answer(ask(request)),
            "ERROR: no pool offers on-demand instances; there is default (64 cores; spot)");
  EXPECT_TRUE(world.launches.empty());
}

TEST_F(NeedTest, LeasesArePackedOnOneWorkerUntilItsCoresAreGone) {
  with(Sharing::kPacked);
  std::vector<CallerId> callers;
  for (std::uint64_t n = 1; n <= 5; ++n) callers.push_back(ask_cores(16, n));
  EXPECT_EQ(world.launches.size(), 2u);
  world.run_for(seconds{30});
  for (int n = 0; n < 4; ++n) EXPECT_EQ(address(callers[n]), "203.0.113.1");
  EXPECT_EQ(address(callers[4]), "203.0.113.2");
}

TEST_F(NeedTest, ASixteenCoreCallerBesideFourFreeCoresGetsASecondWorker) {
  with(Sharing::kPacked);
  ask_cores(60, 1);
  world.run_for(seconds{30});
  const CallerId small = ask_cores(4, 2);
  EXPECT_EQ(address(small), "203.0.113.1");
  const CallerId large = ask_cores(16, 3);
  world.run_for(seconds{30});
  EXPECT_EQ(address(large), "203.0.113.2");
}

TEST_F(NeedTest, WhoGivesCoresBackMakesRoomForWhoWaits) {
  pool().max_workers = 1;
  with(Sharing::kPacked);
  const CallerId first = ask_cores(48, 1);
  ask_cores(8, 2);
  world.run_for(seconds{30});
  const CallerId third = ask_cores(32, 3);
  EXPECT_EQ(world.answer(third), "");
  world.connection = {1};
  world.ask(Release{address(first)});
  EXPECT_EQ(address(third), "203.0.113.1");
}

TEST_F(NeedTest, WhoAsksForNoCoresOfAPackedPoolHasAWholeWorker) {
  with(Sharing::kPacked);
  ask({}, 1);
  world.run_for(seconds{30});
  const CallerId next = ask_cores(1, 2);
  world.run_for(seconds{30});
  EXPECT_EQ(address(next), "203.0.113.2");
}

TEST_F(NeedTest, APackedPoolNeedsALease) {
  with(Sharing::kPacked);
  EXPECT_EQ(
      world.answer(world.get()),
      "ERROR: pool default gives each client cores of its own, which needs a lease: say HELLO "
      "3 first, or use compute-broker run, or get --hold");
}

TEST_F(NeedTest, CoresThatAreLeasedStayLeasedThroughACrash) {
  with(Sharing::kPacked);
  const CallerId first = ask_cores(48, 1);
  world.run_for(seconds{30});
  world.crash_and_restart();
  world.run_for(seconds{10});
  const CallerId second = ask_cores(32, 2);
  world.run_for(seconds{30});
  EXPECT_NE(address(second), address(first));
  EXPECT_EQ(address(ask_cores(16, 3)), address(first));
}

TEST_F(NeedTest, AskingAgainForTheSameCoresReturnsTheLeaseAndForOthersGivesMore) {
  with(Sharing::kPacked);
  const CallerId first = ask_cores(16, 1);
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(ask_cores(16, 1)), world.answer(first));
  EXPECT_NE(world.answer(ask_cores(8, 1)), world.answer(first));
  EXPECT_EQ(world.journal.leases.size(), 2u);
}

TEST_F(NeedTest, OneAloneHasAWorkerThatNobodyElseGets) {
  const CallerId alone = ask_alone(1);
  const CallerId shared = world.get();
  world.run_for(seconds{30});
  EXPECT_EQ(world.launches.size(), 2u);
  EXPECT_NE(address(alone), address(shared));
  EXPECT_EQ(address(world.get()), address(shared));
  const CallerId leased = ask({}, 2);
  EXPECT_EQ(address(leased), address(shared));
}

TEST_F(NeedTest, OneAloneGetsNoWorkerThatSomebodyUses) {
  const std::string used = ready_worker();
  const CallerId alone = ask_alone(1);
  world.run_for(seconds{30});
  EXPECT_EQ(address(alone), "203.0.113.2");
  EXPECT_EQ(used, "203.0.113.1");
}

TEST_F(NeedTest, WhatOneHadAloneIsForAllWhenItIsGivenBackInUse) {
  const CallerId alone = ask_alone(1);
  world.run_for(seconds{30});
  world.connection = {};
  world.ping(address(alone));  // by another, who knows it
  world.connection = {1};
  world.ask(Release{address(alone), world.status()[0].leases[0].lease});
  world.connection = {};
  EXPECT_EQ(world.answer(world.get()), address(alone));
}

TEST_F(NeedTest, ACountIsServedWhenItHasAll) {
  const CallerId caller = ask_count(3, 1);
  EXPECT_EQ(world.launches.size(), 3u);
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(caller), "203.0.113.1 203.0.113.2 203.0.113.3");
  EXPECT_EQ(world.journal.leases.size(), 3u);
}

TEST_F(NeedTest, ACountThatGetsOnlySomeKeepsNone) {
  with(Sharing::kExclusive);
  world.launch_answers = {Launched{}, Launched{}, Launched{}};
  for (int i = 0; i < 8; ++i) {
    world.launch_answers.push_back(
        failure(FailureClass::kCapacity, "InsufficientInstanceCapacity"));
  }
  const CallerId caller = ask_count(5, 1);
  world.run_for(seconds{60});
  EXPECT_EQ(world.answer(caller).find("ERROR: no capacity for pool default"), 0u)
      << world.answer(caller);
  EXPECT_TRUE(world.journal.leases.empty());
  EXPECT_EQ(world.alive(), 3u);
  // Another uses them at once.
  EXPECT_NE(world.answer(ask_count(3, 2)), "");
}

TEST_F(NeedTest, WhatIsHeldForACountIsNotGivenToOthersNorEndedAsIdle) {
  with(Sharing::kExclusive);
  pool().idle_timeout = minutes{1};
  pool().max_workers = 2;
  world.change_settings();
  const CallerId first = ask({}, 1);
  world.run_for(seconds{30});
  const CallerId two = ask_count(2, 2);
  world.run_for(seconds{30});
  const CallerId late = ask({}, 3);
  world.run_for(minutes{5});
  EXPECT_EQ(world.answer(two), "");
  EXPECT_EQ(world.answer(late), "");
  EXPECT_EQ(world.alive(), 2u);
  world.connection = {};
  world.ping(address(first));
  world.connection = {1};
  world.ask(Release{address(first)});
  world.run_for(minutes{1});
  EXPECT_EQ(world.answer(two), "203.0.113.2 203.0.113.3");
}

TEST_F(NeedTest, OfTwoCountsThatDoNotFitTogetherOneIsServedWholeAndThenTheOther) {
  with(Sharing::kExclusive);
  const CallerId first = ask_count(5, 1);
  const CallerId second = ask_count(5, 2);
  EXPECT_EQ(world.launches.size(), 5u);
  world.run_for(seconds{30});
  EXPECT_NE(world.answer(first), "");
  EXPECT_EQ(world.answer(second), "");
  for (const StatusRow& row : world.status()) world.ask(Release{row.address, row.leases[0].lease});
  world.run_for(minutes{2});
  EXPECT_NE(world.answer(second), "");
}

TEST_F(NeedTest, WhoWaitsBehindAnotherCountIsToldSo) {
  with(Sharing::kExclusive);
  GetWorker request{.count = 6, .wait = {}, .client = {}, .wants_progress = true, .hold = {}};
  ask(request, 1);
  request.count = 5;
  request.market = Market::kOnDemand;
  ask(request, 2);
  world.run_for(seconds{4});
  EXPECT_EQ(launched(), std::vector<std::string>(6, "c7i.16xlarge spot"));
  EXPECT_TRUE(std::any_of(world.told.begin(), world.told.end(), [](const Tell& tell) {
    return tell.progress.text == "waiting until who asked for 6 workers before is served";
  }));
}

TEST_F(NeedTest, WhereBothCountsFitTheLaterOneIsToldOfItsOwnLaunches) {
  with(Sharing::kExclusive);
  Settings settings = world.settings();
  settings.max_workers = 20;
  settings.launch_interval = minutes{1};  // only the first of the two is begun
  world.reload(settings);
  GetWorker request{.count = 5, .wait = {}, .client = {}, .wants_progress = true, .hold = {}};
  ask(request, 1);
  request.count = 2;
  request.market = Market::kOnDemand;
  const CallerId second = ask(request, 2);
  world.run_for(seconds{2});
  std::vector<std::string> told;
  for (const Tell& tell : world.told) {
    if (tell.caller == second) told.push_back(tell.progress.text);
  }
  EXPECT_EQ(told, std::vector<std::string>{"about to launch c7i.16xlarge on-demand"});
}

TEST_F(NeedTest, WhatIsOfNoUseToACountIsNotHeldForIt) {
  with(Sharing::kExclusive);
  pool().instance_types = {"c7i.16xlarge", "c6i.16xlarge"};
  pool().idle_timeout = minutes{1};
  pool().max_workers = 2;
  world.change_settings();
  const CallerId other = ask_type("c7i.16xlarge", 1);
  world.run_for(seconds{30});
  world.connection = {};
  world.ping(address(other));
  world.connection = {1};
  world.ask(Release{address(other), world.status()[0].leases[0].lease});
  GetWorker request;
  request.count = 2;
  request.type = "c6i.16xlarge";
  const CallerId two = ask(request, 2);
  world.run_for(minutes{3});
  EXPECT_EQ(world.answer(two).find("203.0.113."), 0u) << world.answer(two);
  EXPECT_EQ(world.launches.size(), 3u);
}

TEST_F(NeedTest, WhatWasHeldForACountThatIsRefusedServesWhoWaitedBehindIt) {
  with(Sharing::kExclusive);
  const CallerId first = ask({}, 1);
  world.run_for(seconds{30});
  world.connection = {};
  world.ping(address(first));
  world.hold_launches = true;
  const CallerId two = ask_count(2, 2);
  world.connection = {1};
  world.ask(Release{address(first), world.status()[0].leases[0].lease});
  const CallerId behind = ask({}, 3);
  EXPECT_EQ(world.answer(behind), "");
  // Nothing can be had any more for either of them.
  world.hold_launches = false;
  for (int n = 0; n < 20; ++n) {
    world.launch_answers.push_back(
        failure(FailureClass::kCapacity, "InsufficientInstanceCapacity"));
  }
  const std::vector<LaunchInstance> held(world.launches.begin() + 1, world.launches.end());
  for (const LaunchInstance& launch : held) {
    world.post(LaunchAnswered{launch.token, launch.region,
                              failure(FailureClass::kCapacity, "InsufficientInstanceCapacity")});
  }
  EXPECT_EQ(world.answer(two).find("ERROR: no capacity"), 0u) << world.answer(two);
  EXPECT_EQ(address(behind), address(first));
}

TEST_F(NeedTest, ACountOfWorkersForOneAloneDoesNotReckonWithOneThatSomebodyUses) {
  const CallerId user = ask({}, 0);
  world.run_for(seconds{30});
  GetWorker request;
  request.count = 2;
  request.alone = true;
  const CallerId caller = ask(request, 1);
  world.run_for(seconds{30});
  EXPECT_EQ(world.launches.size(), 3u);
  EXPECT_EQ(world.answer(caller).find("203.0.113."), 0u) << world.answer(caller);
  EXPECT_EQ(world.answer(caller).find(address(user)), std::string::npos);
}

TEST_F(NeedTest, ACountThatCanNeverBeMetIsRefusedAtOnce) {
  EXPECT_EQ(world.answer(ask_count(9, 1)),
            "ERROR: count=9 takes 9 workers of pool default at once, and max_workers = 8 allows no "
            "more than that");
  pool().max_workers = 2;
  with(Sharing::kPacked);
  GetWorker request;
  request.count = 9;
  request.cores = 16;
  EXPECT_EQ(
      world.answer(ask(request, 1)),
      "ERROR: count=9 takes 3 workers of pool default at once, and [pool.default] max_workers "
      "= 2 allows no more than that");
  EXPECT_TRUE(world.launches.empty());
}

}  // namespace
}  // namespace cb::core::testing
