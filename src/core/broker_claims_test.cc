// Two brokers of one name, and people who edit tags, in virtual time.

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "core/broker_fixture.h"
#include "core/model/claim.h"

namespace cb::core::testing {
namespace {

// A machine of another broker of our name, which renews its claim while it lives.
struct TwoBrokers : BrokerTest {
  Machine& theirs(const std::string& stamp) {
    return world.foreign("i-9", {{"Name", "dserv-worker"},
                                 {"compute-broker", "default"},
                                 {"compute-broker-token", "cb-other-7"},
                                 {"compute-broker-owner", str("other there ", stamp)}});
  }
  void renew(Machine& machine) {
    set_tag(machine, "compute-broker-owner", str("other there ", iso8601(world.now.wall)));
  }
  std::size_t said(std::string_view key) const {
    return std::count_if(world.log.begin(), world.log.end(),
                         [&](const Log& line) { return line.key == key; });
  }
  std::string owner_of(const std::string& id) {
    return std::string(world.machines.at({id}).view.tag(kOwnerTag));
  }
};

TEST(Claim, ReadsBackAndNothingElseIsOne) {
  const Claim claim{"nonce", "", "2026-11-23T10:00:00Z"};
  EXPECT_EQ(to_tag(claim), "nonce - 2026-11-23T10:00:00Z");
  EXPECT_EQ(parse_claim(to_tag(claim)), claim);
  for (const char* other : {"", "nonce", "a b", "a b c d", "- b c"}) {
    EXPECT_EQ(parse_claim(other), std::nullopt) << other;
  }
}

TEST_F(TwoBrokers, WhatAnotherBrokerClaimsIsNeitherAdoptedNorEnded) {
  Machine& machine = theirs("-");
  for (int i = 0; i < 3 * 60; ++i) {
    renew(machine);
    world.run_for(minutes{1});
  }
  EXPECT_EQ(world.alive(), 1U);
  EXPECT_TRUE(world.journal.workers.empty());
  EXPECT_EQ(said("broker.rival"), 1U);
  const CallerId caller = world.get();
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(caller), "203.0.113.1");
}

TEST_F(TwoBrokers, WhatABrokerLeftThatIsGoneForGoodIsTakenOverAfterTenMinutes) {
  theirs("2026-11-23T10:00:00Z");
  world.run_for(minutes{9});
  EXPECT_TRUE(world.journal.workers.empty());
  world.run_for(minutes{2});
  EXPECT_EQ(world.journal.workers.size(), 1U);
  EXPECT_TRUE(owner_of("i-9").starts_with("n0nce here "));
  world.run_for(minutes{16});
  EXPECT_EQ(world.alive(), 0U);
}

// An answer that lay unread while this process stood still shows the claim as it was then.
TEST_F(TwoBrokers, WhatWasNotWatchedForLongIsNotTakenOverByOneLook) {
  Machine& machine = theirs("2026-11-23T10:00:00Z");
  world.run_for(minutes{5});
  world.now.boot += minutes{30};
  world.now.wall += minutes{30};
  world.post(TimePassed{});
  world.run_for(minutes{1});
  EXPECT_TRUE(world.journal.workers.empty());
  renew(machine);
  world.run_for(minutes{9});
  EXPECT_TRUE(world.journal.workers.empty());
  world.run_for(minutes{3});
  EXPECT_EQ(world.journal.workers.size(), 1U);
}

TEST_F(TwoBrokers, AClaimThatCouldNeverBeRenewedStandsUntilItsInstanceShouldHaveEnded) {
  Machine& machine = theirs("-");
  set_tag(machine, "compute-broker-expires", iso8601(world.now.wall + hours{5}));
  world.run_for(hours{5});
  EXPECT_TRUE(world.journal.workers.empty());
  world.run_for(minutes{11});
  EXPECT_EQ(world.journal.workers.size(), 1U);
}

TEST_F(TwoBrokers, BothAreToldOfEachOther) {
  theirs("2026-11-23T10:00:00Z");
  world.run_for(seconds{40});
  const Machine& marked = world.machines.at({"i-9"});
  EXPECT_TRUE(marked.view.tag(kRivalTag).starts_with("n0nce here "));
  EXPECT_EQ(said("broker.rival"), 1U);
  ready_worker();
  const std::string mark = str("other there ", iso8601(world.now.wall));
  set_tag(world.machines.at({"i-1"}), std::string(kRivalTag), mark);
  world.log.clear();
  world.run_for(minutes{5});
  EXPECT_EQ(said("broker.rival"), 0U);  // it knows of that one already
}

TEST_F(TwoBrokers, TheOwnerHearsOfARivalByTheMarkThatItLeaves) {
  ready_worker();
  const std::string mark = str("other there ", iso8601(world.now.wall));
  set_tag(world.only(), std::string(kRivalTag), mark);
  world.run_for(minutes{5});
  EXPECT_EQ(said("broker.rival"), 1U);
}

TEST_F(TwoBrokers, AMarkOfLongAgoIsNoNews) {
  ready_worker();
  const std::string mark = str("other there ", iso8601(world.now.wall - hours{3}));
  set_tag(world.only(), std::string(kRivalTag), mark);
  world.run_for(minutes{5});
  EXPECT_EQ(said("broker.rival"), 0U);
}

TEST_F(TwoBrokers, WhoLostHisJournalKnowsHisOwnByItsPlaceAtOnce) {
  const std::string address = ready_worker();
  world.journal = {};
  world.nonce = "n3wnonce";
  world.crash_and_restart(seconds{5});
  world.run_for(seconds{2});
  EXPECT_EQ(world.answer(world.get()), address);
  EXPECT_EQ(world.launches.size(), 1U);
  world.run_for(seconds{5});
  EXPECT_TRUE(owner_of("i-1").starts_with("n3wnonce here "));
}

TEST_F(TwoBrokers, AClaimIsRenewedAtAPaceThatNoCallerChanges) {
  ready_worker();
  for (int i = 0; i < 600; ++i) {
    world.get();
    world.run_for(seconds{6});
  }
  EXPECT_LE(world.tagged.size(), 1U + 60 / 2);
  EXPECT_GE(world.tagged.size(), 60U / 2);
}

TEST_F(TwoBrokers, WithoutTheRightToTagItServesAndSaysSoOnce) {
  world.tag_failure = CloudFailure{FailureClass::kDenied, "UnauthorizedOperation", "no"};
  const std::string address = ready_worker();
  for (int i = 0; i < 10; ++i) {
    world.run_for(minutes{6});
    EXPECT_TRUE(world.ping(address));
  }
  EXPECT_EQ(said("claim.failed"), 1U);
  EXPECT_TRUE(world.logged("allow ec2:CreateTags"));
}

TEST_F(TwoBrokers, WhatAnotherTookOverWhileWeWereSilentIsGivenUpAndNotEnded) {
  ready_worker();
  renew(world.only());
  world.run_for(minutes{1});
  EXPECT_TRUE(world.journal.workers.empty());
  EXPECT_EQ(said("worker.taken_over"), 1U);
  for (int i = 0; i < 60; ++i) {
    renew(world.only());
    world.run_for(minutes{1});
  }
  EXPECT_EQ(world.alive(), 1U);
}

TEST_F(TwoBrokers, WhatWasTakenOverStaysOursThoughItsTagCannotBeChanged) {
  world.tag_failure = CloudFailure{FailureClass::kDenied, "UnauthorizedOperation", "no"};
  theirs("2026-11-23T10:00:00Z");
  world.run_for(minutes{11});
  EXPECT_EQ(world.journal.workers.size(), 1U);
  world.crash_and_restart(seconds{1});
  world.run_for(minutes{2});
  EXPECT_EQ(world.journal.workers.size(), 1U);
}

// Tags that people edit.

TEST_F(BrokerTest, ARenamedWorkerIsKeptThroughARestart) {
  const std::string address = ready_worker();
  set_tag(world.only(), "Name", "experiment of Tuesday");
  world.crash_and_restart(seconds{1});
  world.run_for(seconds{2});
  EXPECT_EQ(world.answer(world.get()), address);
}

TEST_F(BrokerTest, ARenamedWorkerIsFoundAgainThoughTheJournalIsLost) {
  const std::string address = ready_worker();
  set_tag(world.only(), "Name", "experiment of Tuesday");
  world.journal = {};
  world.crash_and_restart(seconds{1});
  world.run_for(seconds{2});
  EXPECT_EQ(world.answer(world.get()), address);
}

TEST_F(BrokerTest, AWorkerThatLostOurTagIsAskedForByItsIdAtOnceAfterAStart) {
  const std::string address = ready_worker();
  for (const char* value : {"", "other"}) {
    set_tag(world.only(), "compute-broker", value);
    world.crash_and_restart(seconds{1});
    world.run_for(seconds{1});
    EXPECT_EQ(world.answer(world.get()), address) << value;
  }
  EXPECT_EQ(world.launches.size(), 1U);
}

TEST_F(BrokerTest, AWorkerThatLostOurTagIsServedEndedAndSaidOnce) {
  const std::string address = ready_worker();
  set_tag(world.only(), "compute-broker", "");
  world.run_for(minutes{10});
  EXPECT_TRUE(world.ping(address));
  world.run_for(minutes{16});
  EXPECT_EQ(world.alive(), 0U);
  EXPECT_TRUE(world.journal.workers.empty());
  EXPECT_TRUE(world.logged("has lost its tag compute-broker: it stays ours"));
}

TEST_F(BrokerTest, AListOfAllShowsAlsoWhatHasLostOurTag) {
  ready_worker();
  set_tag(world.only(), "compute-broker", "");
  const CallerId caller = world.ask(ListAll{});
  world.run_for(seconds{2});
  EXPECT_EQ(world.answer(caller), "1 instances");
}

TEST_F(BrokerTest, AWorkerThatSomebodyStopsIsEndedAndSaidSo) {
  ready_worker();
  world.only().view.state = InstanceState::kStopped;
  world.only().view.state_reason_code = "Client.UserInitiatedShutdown";
  world.run_for(minutes{1});
  EXPECT_EQ(world.terminated, std::vector<InstanceId>{{"i-1"}});
  EXPECT_TRUE(world.logged("worker i-1 was stopped by somebody else through EC2"));
}

TEST_F(BrokerTest, AWorkerThatIsStartedAgainElsewhereIsHandedOutThereWhenItAnswers) {
  const std::string first = ready_worker();
  world.only().view.public_address = "198.51.100.5";
  world.only().service_up = world.now.boot + minutes{1};
  world.run_for(seconds{35});
  EXPECT_FALSE(world.ping(first));
  EXPECT_NE(world.answer(world.get()), first);
  world.run_for(seconds{30});
  EXPECT_EQ(world.answer(world.get()), "198.51.100.5");
}

TEST_F(BrokerTest, ALedgerLineBeginsAtTheFirstStartOfAnInstance) {
  ready_worker();
  const auto launched = world.only().view.launched;
  world.only().view.launched = *launched + minutes{40};
  world.run_for(minutes{1});
  EXPECT_EQ(world.journal.open_ledger.at({"i-1"}).launched, launched);
}

}  // namespace
}  // namespace cb::core::testing
