// Claims of clients on workers, in virtual time.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/text.h"
#include "core/broker_fixture.h"

namespace cb::core::testing {
namespace {

struct LeaseTest : BrokerTest {
  struct Given {
    std::string address;
    LeaseId lease;
  };
  // By `connection` from here on.
  Given lease(std::uint64_t connection, std::optional<Duration> hold = {}) {
    world.connection = {connection};
    const CallerId caller = world.ask(
        GetWorker{.pool = {}, .client = str("rig-", connection), .leased = true, .hold = hold});
    if (world.answer(caller).empty()) world.run_for(seconds{30});
    const std::string answer = world.answer(caller);
    const std::size_t blank = answer.find(' ');
    EXPECT_NE(blank, answer.npos) << answer;
    return {answer.substr(0, blank), *parse_lease_id(answer.substr(blank + 1))};
  }
  void cut(std::uint64_t connection) { world.post(ConnectionLost{{connection}}); }
  std::string renew(LeaseId lease, std::uint64_t connection = 0) {
    world.connection = {connection};
    return world.answer(world.ask(Renew{lease}));
  }
  std::string release(const std::string& address, LeaseId lease = {}) {
    return world.answer(world.ask(Release{address, lease}));
  }
  std::size_t leases() { return world.journal.leases.size(); }
};

TEST_F(LeaseTest, AWorkerThatIsLeasedIsNotIdle) {
  lease(1);
  for (int i = 0; i < 10; ++i) {
    world.run_for(minutes{14});
    EXPECT_TRUE(world.ping("203.0.113.1"));
  }
  world.run_for(minutes{14});
  ASSERT_EQ(world.status().size(), 1U);
  EXPECT_FALSE(world.status()[0].ends_in);
  EXPECT_EQ(world.status()[0].idle, Duration{0});
  ASSERT_EQ(world.status()[0].leases.size(), 1U);
  EXPECT_EQ(world.status()[0].leases[0].client, "rig-1");
  EXPECT_TRUE(world.status()[0].leases[0].connected);
  EXPECT_EQ(world.status()[0].leases[0].ends_in, minutes{1});
}

TEST_F(LeaseTest, AskingAgainOnAConnectionReturnsItsLeaseAndSavesNothing) {
  const Given first = lease(1);
  const auto saved = world.journal.leases;
  const Given again = lease(1);
  EXPECT_EQ(again.lease, first.lease);
  EXPECT_EQ(world.journal.leases, saved);
  EXPECT_NE(lease(2).lease, first.lease);
  EXPECT_EQ(leases(), 2U);
}

TEST_F(LeaseTest, OneThatNobodyNamesEndsAfterItsTime) {
  const Given given = lease(1);
  world.run_for(minutes{15} + seconds{3});
  EXPECT_EQ(leases(), 0U);
  EXPECT_EQ(renew(given.lease), "ERROR: Lease not found");
  EXPECT_TRUE(world.logged("its client has said nothing for 15m and longer"));
  EXPECT_EQ(world.alive(), 1U);
  // The idle clock stood still until now.
  world.run_for(minutes{14});
  EXPECT_EQ(world.alive(), 1U);
  world.run_for(minutes{2});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(LeaseTest, RenewPingAndGetWorkerNameIt) {
  const Given given = lease(1);
  world.run_for(minutes{10});
  EXPECT_EQ(renew(given.lease, 1), "OK");
  world.run_for(minutes{10});
  world.connection = {};
  EXPECT_EQ(world.answer(world.ask(Ping{given.address, given.lease})), "OK");
  world.run_for(minutes{10});
  EXPECT_EQ(lease(1).lease, given.lease);
  world.run_for(minutes{10});
  EXPECT_EQ(leases(), 1U);
}

TEST_F(LeaseTest, OneWhoseConnectionIsLostIsKeptForTheGraceAndResumed) {
  const Given given = lease(1);
  cut(1);
  EXPECT_FALSE(world.status()[0].leases[0].connected);
  world.run_for(seconds{59});
  EXPECT_EQ(renew(given.lease, 2), "OK");
  EXPECT_TRUE(world.status()[0].leases[0].connected);
  world.run_for(minutes{5});
  EXPECT_EQ(leases(), 1U);
  cut(2);
  world.run_for(seconds{63});
  EXPECT_EQ(leases(), 0U);
  EXPECT_TRUE(world.logged("its connection is lost for 1m and longer"));
}

TEST_F(LeaseTest, ResumingReplacesAConnectionThatStillLooksOpen) {
  const Given given = lease(1);
  EXPECT_EQ(renew(given.lease, 2), "OK");
  cut(1);
  world.run_for(minutes{5});
  EXPECT_EQ(leases(), 1U);
  world.terminated.clear();
  world.connection = {};
  world.ask(TerminateAll{});
  ASSERT_EQ(world.notices.size(), 1U);
  EXPECT_EQ(world.notices[0].connection, ConnectionId{2});
}

TEST_F(LeaseTest, NeitherLimitRunsWhileItsWorkerComputes) {
  const Given given = lease(1);
  world.only().busy_until = world.now.boot + minutes{50};
  cut(1);
  world.run_for(minutes{50} - seconds{1});
  EXPECT_EQ(leases(), 1U);
  world.run_for(seconds{50});
  EXPECT_EQ(renew(given.lease, 2), "OK");
  world.only().busy_until = world.now.boot + minutes{50};
  world.run_for(minutes{50} + minutes{14});
  EXPECT_EQ(leases(), 1U);
  world.run_for(minutes{2});
  EXPECT_EQ(leases(), 0U);
}

TEST_F(LeaseTest, OneThatIsHeldNeedsNeitherConnectionNorWord) {
  const Given given = lease(1, hours{2});
  cut(1);
  world.run_for(hours{2} - minutes{1});
  EXPECT_EQ(leases(), 1U);
  world.crash_and_restart();
  world.run_for(seconds{58});
  EXPECT_EQ(leases(), 1U);
  world.run_for(seconds{10});
  EXPECT_EQ(leases(), 0U);
}

TEST_F(LeaseTest, AShorterHoldTakesNothingBack) {
  const Given given = lease(1, hours{2});
  EXPECT_EQ(lease(1, minutes{5}).lease, given.lease);
  cut(1);
  world.run_for(hours{1});
  EXPECT_EQ(leases(), 1U);
}

TEST_F(LeaseTest, OneThatIsResumedHasTheUsualTimeThoughTheGraceIsLonger) {
  world.settings().lease_ttl = minutes{2};
  world.settings().lease_grace = minutes{10};
  world.change_settings();
  const Given given = lease(1);
  cut(1);
  world.run_for(minutes{1});
  EXPECT_EQ(renew(given.lease, 2), "OK");
  world.run_for(minutes{2} + seconds{3});
  EXPECT_EQ(leases(), 0U);
}

TEST_F(LeaseTest, NoneIsHeldForLongerThanAWorkerLives) {
  world.connection = {1};
  const CallerId caller = world.ask(GetWorker{.pool = {}, .leased = true, .hold = hours{13}});
  EXPECT_TRUE(world.answer(caller).starts_with("ERROR: hold=13h is longer than any worker lives"));
  EXPECT_TRUE(world.launches.empty());
}

TEST_F(LeaseTest, ItSurvivesACrashAndIsResumed) {
  const Given given = lease(1);
  world.crash_and_restart();
  EXPECT_EQ(world.journal.leases.at(given.lease).client, "rig-1");
  world.run_for(seconds{59});
  EXPECT_EQ(renew(given.lease, 5), "OK");
  world.run_for(minutes{10});
  EXPECT_EQ(leases(), 1U);
  EXPECT_EQ(world.alive(), 1U);
}

TEST_F(LeaseTest, AfterACrashNobodyResumesAndItEnds) {
  lease(1);
  world.crash_and_restart();
  world.run_for(seconds{63});
  EXPECT_EQ(leases(), 0U);
}

TEST_F(LeaseTest, ARestartDuringALongComputationTakesItFromNobody) {
  const Given given = lease(1);
  world.run_for(minutes{1});
  world.only().busy_until = world.now.boot + minutes{20};
  world.crash_and_restart(seconds{5});
  world.run_for(minutes{20});
  EXPECT_EQ(renew(given.lease, 2), "OK");
}

TEST_F(LeaseTest, ItsIdsAreNewAfterARestart) {
  const Given given = lease(1);
  release(given.address, given.lease);
  world.crash_and_restart();
  EXPECT_NE(lease(1).lease, given.lease);
}

TEST_F(LeaseTest, AForeignReleaseLeavesALeasedWorkerAlone) {
  const Given given = lease(1);
  world.connection = {};
  EXPECT_EQ(release(given.address), "OK");
  world.connection = {2};
  EXPECT_EQ(release(given.address), "OK");
  world.run_for(seconds{10});
  EXPECT_EQ(world.alive(), 1U);
  EXPECT_EQ(leases(), 1U);
  EXPECT_TRUE(world.logged("goes on: 1 others hold leases on it"));
}

TEST_F(LeaseTest, AWorkerEndsWithTheLastOneThatIsGivenUp) {
  const Given one = lease(1);
  const Given two = lease(2);
  EXPECT_EQ(release(one.address, one.lease), "OK");
  world.run_for(seconds{10});
  EXPECT_EQ(world.alive(), 1U);
  EXPECT_EQ(release(two.address, two.lease), "OK");
  world.run_for(seconds{10});
  EXPECT_EQ(world.alive(), 0U);
  EXPECT_TRUE(world.notices.empty());
}

TEST_F(LeaseTest, AReleaseWithoutItsNameOnItsConnectionGivesItUp) {
  const Given one = lease(1);
  lease(2);
  world.connection = {1};
  EXPECT_EQ(release(one.address), "OK");
  EXPECT_EQ(leases(), 1U);
  EXPECT_EQ(world.alive(), 1U);
}

TEST_F(LeaseTest, GivingOneUpLeavesAMachineThatOthersUseWithoutOne) {
  const Given given = lease(1);
  world.connection = {};
  world.ping(given.address);
  world.run_for(minutes{5});
  EXPECT_EQ(release(given.address, given.lease), "OK");
  world.run_for(seconds{10});
  EXPECT_EQ(world.alive(), 1U);
  EXPECT_EQ(leases(), 0U);
  world.run_for(minutes{15});
  EXPECT_EQ(world.alive(), 0U);
}

TEST_F(LeaseTest, AWorkerThatWasFoundOutlivesItsFirstLease) {
  ready_worker();
  world.journal = {};
  world.crash_and_restart();
  world.run_for(seconds{30});
  const Given given = lease(1);
  ASSERT_EQ(given.address, "203.0.113.1");
  EXPECT_EQ(release(given.address, given.lease), "OK");
  world.run_for(minutes{1});
  // Whoever had it before may have it still.
  EXPECT_EQ(world.alive(), 1U);
}

TEST_F(LeaseTest, WithALeaseNoOtherMachineIsMeant) {
  const Given given = lease(1);
  world.connection = {};
  EXPECT_EQ(world.answer(world.ask(Ping{"203.0.113.9", given.lease})), "ERROR: Worker not found");
  EXPECT_EQ(world.answer(world.ask(Ping{given.address, {77}})), "ERROR: Worker not found");
  EXPECT_EQ(release(given.address, {77}), "ERROR: Worker not found");
  EXPECT_EQ(release("203.0.113.9", given.lease), "ERROR: Worker not found");
  EXPECT_EQ(leases(), 1U);
  world.run_for(seconds{10});
  EXPECT_EQ(world.alive(), 1U);
}

TEST_F(LeaseTest, WithALeaseNoOtherWorkerOfOursIsMeant) {
  Settings settings = world.settings();
  settings.pools[{"small"}] = settings.pools[{"default"}];
  world.reload(settings);
  const Given given = lease(1);
  world.connection = {};
  const CallerId caller = world.ask(GetWorker{.pool = {"small"}});
  world.run_for(seconds{30});
  const std::string other = world.answer(caller);
  ASSERT_NE(other, given.address);
  EXPECT_EQ(world.answer(world.ask(Ping{other, given.lease})), "ERROR: Worker not found");
  EXPECT_EQ(release(other, given.lease), "ERROR: Worker not found");
  world.run_for(seconds{10});
  EXPECT_EQ(world.alive(), 2U);
  EXPECT_EQ(leases(), 1U);
}

TEST_F(LeaseTest, ItsHolderHearsWhyItsWorkerEnds) {
  const Given given = lease(1);
  world.end(world.only(), "Server.SpotInstanceTermination");
  world.run_for(minutes{1});
  ASSERT_EQ(world.notices.size(), 1U);
  EXPECT_EQ(world.notices[0].connection, ConnectionId{1});
  EXPECT_EQ(world.notices[0].notice.address, given.address);
  EXPECT_TRUE(world.notices[0].notice.news.starts_with("ended ")) << world.notices[0].notice.news;
  EXPECT_EQ(leases(), 0U);
  EXPECT_EQ(renew(given.lease), "ERROR: Lease not found");
}

TEST_F(LeaseTest, NobodyIsToldOfAWorkerThatHeHasGivenUp) {
  const Given given = lease(1);
  lease(2);
  release(given.address, given.lease);
  world.connection = {};
  world.ask(TerminateAll{});
  ASSERT_EQ(world.notices.size(), 1U);
  EXPECT_EQ(world.notices[0].connection, ConnectionId{2});
}

TEST_F(LeaseTest, LimitsThatChangeHoldForThoseThatAreGivenAlready) {
  lease(1);
  world.settings().lease_ttl = minutes{2};
  world.change_settings();
  world.run_for(minutes{2} + seconds{3});
  EXPECT_EQ(leases(), 0U);
}

TEST_F(LeaseTest, WhoeverWaitedIsAnsweredWithOne) {
  std::vector<CallerId> callers;
  for (std::uint64_t n = 1; n <= 3; ++n) {
    world.connection = {n};
    callers.push_back(world.ask(GetWorker{.pool = {}, .leased = n != 2}));
  }
  world.run_for(seconds{30});
  EXPECT_EQ(world.launches.size(), 1U);
  EXPECT_EQ(leases(), 2U);
  EXPECT_EQ(world.answer(callers[1]), "203.0.113.1");
  EXPECT_TRUE(world.answer(callers[0]).starts_with("203.0.113.1 "));
}

}  // namespace
}  // namespace cb::core::testing
