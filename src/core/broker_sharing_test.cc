// Pools whose workers take a number of leases, in virtual time.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/text.h"
#include "core/broker_fixture.h"

namespace cb::core::testing {
namespace {

struct SharingTest : BrokerTest {
  void SetUp() override {
    world.settings().max_workers = 5;
    pool().sharing = Sharing::kExclusive;
    world.start();
    world.change_settings();
  }
  PoolSettings& pool() { return world.settings().pools[{"default"}]; }
  CallerId ask(std::uint64_t connection, std::optional<Duration> wait = {}) {
    world.connection = {connection};
    return world.ask(GetWorker{.pool = {}, .wait = wait, .leased = true});
  }
  std::vector<CallerId> ask_all(std::uint64_t count) {
    std::vector<CallerId> out;
    for (std::uint64_t n = 1; n <= count; ++n) out.push_back(ask(n));
    return out;
  }
  std::string address(CallerId caller) {
    const std::string answer = world.answer(caller);
    return answer.substr(0, answer.find(' '));
  }
  LeaseId lease(CallerId caller) {
    const std::string answer = world.answer(caller);
    return *parse_lease_id(answer.substr(answer.find(' ') + 1));
  }
};

TEST_F(SharingTest, EachClientOfAnExclusivePoolHasAWorkerOfItsOwn) {
  const auto callers = ask_all(3);
  EXPECT_EQ(world.launches.size(), 3U);
  world.run_for(seconds{30});
  std::set<std::string> addresses;
  for (const CallerId caller : callers) addresses.insert(address(caller));
  EXPECT_EQ(addresses, (std::set<std::string>{"203.0.113.1", "203.0.113.2", "203.0.113.3"}));
  EXPECT_EQ(world.launches.size(), 3U);
}

TEST_F(SharingTest, AClientThatAsksWithoutALeaseIsToldWhatToSay) {
  const CallerId caller = world.get();
  EXPECT_EQ(
      world.answer(caller),
      "ERROR: pool default gives each worker to one client at a time, which needs a lease: say "
      "HELLO 3 first, or use compute-broker run, or get --hold");
  EXPECT_TRUE(world.launches.empty());
}

TEST_F(SharingTest, WhoComesWhenAllAreInUseWaitsForTheNextThatIsGivenBack) {
  world.settings().max_workers = 2;
  world.change_settings();
  const auto callers = ask_all(3);
  world.run_for(seconds{30});
  EXPECT_EQ(world.launches.size(), 2U);
  EXPECT_EQ(world.answer(callers[2]), "");
  // Another uses it still, so it is given back and does not end.
  world.connection = {};
  world.ping(address(callers[0]));
  world.connection = {1};
  world.ask(Release{address(callers[0]), lease(callers[0])});
  EXPECT_EQ(address(callers[2]), "203.0.113.1");
  EXPECT_EQ(world.launches.size(), 2U);
}

TEST_F(SharingTest, WhoseWaitIsOverWhileAllAreInUseIsToldSo) {
  pool().max_workers = 1;
  world.change_settings();
  ask(1);
  world.run_for(seconds{30});
  const CallerId late = ask(2, seconds{5});
  world.run_for(seconds{6});
  EXPECT_EQ(
      world.answer(late),
      "ERROR: no worker was ready within 5s ([pool.default] max_workers = 1 is reached, and "
      "all 1 workers of pool default are in use: waiting until one is given back); it goes on, "
      "ask again");
}

TEST_F(SharingTest, AnEndedWorkerIsReplacedForWhoWaits) {
  pool().max_workers = 1;
  world.change_settings();
  const CallerId first = ask(1);
  world.run_for(seconds{30});
  const CallerId second = ask(2);
  world.connection = {1};
  world.ask(Release{address(first), lease(first)});
  world.run_for(seconds{40});
  EXPECT_EQ(address(second), "203.0.113.2");
}

TEST_F(SharingTest, NoMoreAreLaunchedThanThoseWhoWaitNeed) {
  pool().sharing = Sharing::kShared;
  pool().max_clients_per_worker = 2;
  world.change_settings();
  const auto callers = ask_all(5);
  EXPECT_EQ(world.launches.size(), 3U);
  world.run_for(seconds{30});
  std::map<std::string, int> clients;
  for (const CallerId caller : callers) ++clients[address(caller)];
  EXPECT_EQ(clients, (std::map<std::string, int>{
                         {"203.0.113.1", 2}, {"203.0.113.2", 2}, {"203.0.113.3", 1}}));
  // Whoever comes fills the fullest, and then a free one.
  const CallerId sixth = ask(6);
  EXPECT_EQ(address(sixth), "203.0.113.3");
  ask(7);
  EXPECT_EQ(world.launches.size(), 4U);
}

TEST_F(SharingTest, WhoHangsUpLeavesNothingTooMuchToLaunch) {
  world.hold_launches = true;
  const auto callers = ask_all(2);
  EXPECT_EQ(world.launches.size(), 2U);
  world.post(CallerGone{callers[0]});
  ask(3);
  EXPECT_EQ(world.launches.size(), 2U);
}

TEST_F(SharingTest, ARefusedCandidateIsFollowedByTheNextForAllOfThem) {
  world.launch_answers.emplace_back(
      failure(FailureClass::kCapacity, "InsufficientInstanceCapacity"));
  world.launch_answers.emplace_back(
      failure(FailureClass::kCapacity, "InsufficientInstanceCapacity"));
  const auto callers = ask_all(2);
  world.run_for(seconds{30});
  EXPECT_EQ(world.launches.size(), 4U);
  for (const CallerId caller : callers) EXPECT_FALSE(address(caller).empty());
}

TEST_F(SharingTest, APoolsOwnLimitHoldsBesideTheBrokers) {
  pool().max_workers = 2;
  world.change_settings();
  ask_all(4);
  EXPECT_EQ(world.launches.size(), 2U);
}

TEST_F(SharingTest, ARestartKnowsWhoseTheyAre) {
  const auto callers = ask_all(2);
  world.run_for(seconds{30});
  world.crash_and_restart();
  world.run_for(seconds{3});
  const CallerId third = ask(3);
  EXPECT_EQ(world.launches.size(), 3U);
  world.run_for(seconds{30});
  EXPECT_EQ(address(third), "203.0.113.3");
}

TEST_F(SharingTest, WhatCannotBeWrittenDownIsGivenToNobodyForHimself) {
  const auto callers = ask_all(2);
  world.run_for(seconds{30});
  // Another uses it still, so it is given back and does not end.
  world.connection = {};
  world.ping(address(callers[1]));
  world.ask(Release{address(callers[1]), lease(callers[1])});
  world.save_failure = "No space left on device";
  world.post(SaveFailed{"No space left on device", {}});
  const CallerId third = ask(3, seconds{2});
  world.run_for(seconds{3});
  EXPECT_NE(world.answer(third).find("No space left on device"), std::string::npos);
  world.save_failure.reset();
  world.post(SaveWorks{});
  EXPECT_EQ(address(ask(4)), address(callers[1]));
}

TEST_F(SharingTest, WhoWaitsWithoutALeaseWhenItsPoolBecomesExclusiveIsToldSo) {
  pool().sharing = Sharing::kShared;
  world.change_settings();
  const CallerId caller = world.get();
  pool().sharing = Sharing::kExclusive;
  world.change_settings();
  world.run_for(seconds{30});
  EXPECT_TRUE(world.answer(caller).starts_with(
      "ERROR: pool default gives each worker to one client at a time"))
      << world.answer(caller);
}

TEST_F(SharingTest, ALaunchThatTurnsUpLateServesWhoWaitsBesideWorkersInUse) {
  world.connection = {1};
  world.ask(GetWorker{.pool = {}, .wait = {}, .client = {}, .leased = true, .hold = hours{1}});
  world.run_for(seconds{30});
  world.lose_launch_answers = true;
  world.post(CallerGone{ask(2)});
  world.machines.at({"i-2"}).listed = false;
  world.run_for(minutes{12});
  world.lose_launch_answers = false;
  const CallerId caller = ask(3);
  const std::size_t launches = world.launches.size();
  world.run_for(seconds{2});
  world.machines.at({"i-2"}).listed = true;
  world.end(world.machines.at({"i-3"}), "Server.InternalError");
  world.run_for(seconds{30});
  EXPECT_EQ(address(caller), "203.0.113.2");
  EXPECT_EQ(world.launches.size(), launches);
}

}  // namespace
}  // namespace cb::core::testing
