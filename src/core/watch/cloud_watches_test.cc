#include "core/watch/cloud_watches.h"

#include <gtest/gtest.h>

#include "core/broker_state.h"

namespace cb::core {
namespace {

const std::string kHere = "eu-west-1";
const std::string kThere = "us-east-1";

std::string encode_nothing(const LaunchSpec&) {
  return "request";
}

// Two regions of one account, with the parts of a broker and no broker around them.
struct TwoRegions : ::testing::Test, Parts {
  TwoRegions() : Parts(encode_nothing) {
    step.now.boot += hours{1};
    step.now.wall = WallTime{hours{500'000}};
    step.settings.region = kHere;
    step.settings.pools.begin()->second.image = "ami-0123456789abcdef0";
    step.cloud(kHere);
    step.cloud(kThere);
    watches.identify();
    watches.identified({"111122223333"});
    watches.schedule(false);
    for (const ListInstances& list : taken<ListInstances>()) asked[list.region] = list.query;
  }

  // What was decided of this kind since the last look; the rest is forgotten.
  template <class What>
  std::vector<What> taken() {
    std::vector<What> out;
    for (const Action& action : std::exchange(step.out.then, {})) {
      if (const auto* what = std::get_if<What>(&action)) out.push_back(*what);
    }
    return out;
  }
  void shows(const std::string& region, std::vector<InstanceView> instances) {
    watches.listed({asked.at(region), Listing{std::move(instances)}});
  }
  void refuses(const std::string& region) {
    const CloudFailure why{FailureClass::kDenied, "UnauthorizedOperation", "not here"};
    watches.listed({asked.at(region), why});
  }
  static InstanceView view(const std::string& id) {
    InstanceView view;
    view.id = {id};
    view.state = InstanceState::kRunning;
    view.public_address = "203.0.113.7";
    view.tags = {{std::string(kBrokerTag), "default"}, {std::string(kPoolTag), "default"}};
    return view;
  }
  const Worker& worker(const std::string& id, const std::string& region) {
    Worker worker;
    worker.record = workers.first_record(view(id), region);
    worker.record.pool = {"default"};
    worker.record.phase = WorkerPhase::kReady;
    worker.record.launched = step.now.wall;
    workers.follow_settings(worker.record);
    worker.state = InstanceState::kRunning;
    return workers.add(std::move(worker));
  }

  std::map<std::string, QueryId> asked;  // the first listing of each region
};

TEST_F(TwoRegions, EachIsAskedByItself) {
  EXPECT_EQ(asked.size(), 2U);
  EXPECT_NE(asked.at(kHere), asked.at(kThere));
}

TEST_F(TwoRegions, OneThatRefusesHoldsUpNoLaunchInTheOther) {
  refuses(kThere);
  shows(kHere, {});
  waiting.add({.caller = {1}, .pool = {"default"}, .since = step.now.boot});
  EXPECT_TRUE(launcher.ensure({"default"}).empty());
  const auto launches = taken<LaunchInstance>();
  ASSERT_EQ(launches.size(), 1U);
  EXPECT_EQ(launches[0].region, kHere);
}

TEST_F(TwoRegions, WhoeverLaunchesInTheOneThatRefusesHearsWhy) {
  refuses(kHere);
  shows(kThere, {});
  waiting.add({.caller = {1}, .pool = {"default"}, .since = step.now.boot});
  const auto unlaunched = launcher.ensure({"default"});
  ASSERT_EQ(unlaunched.size(), 1u);
  EXPECT_EQ(unlaunched[0].why.reason, RefusalReason::kCloud);
  EXPECT_NE(unlaunched[0].why.why.find("UnauthorizedOperation"), std::string::npos);
}

TEST_F(TwoRegions, AWorkerIsMissedInItsOwnRegionOnly) {
  worker("i-0here", kHere);
  shows(kThere, {});
  EXPECT_TRUE(taken<ListInstances>().empty());
  shows(kHere, {});
  const auto by_id = taken<ListInstances>();
  ASSERT_EQ(by_id.size(), 1U);
  EXPECT_EQ(by_id[0].region, kHere);
  EXPECT_TRUE(std::holds_alternative<ListByIds>(by_id[0].what));
}

TEST_F(TwoRegions, AnInstanceThatIsFoundBelongsToTheRegionThatShowsIt) {
  shows(kThere, {view("i-0found")});
  ASSERT_NE(workers.find({"i-0found"}), nullptr);
  EXPECT_EQ(workers.find({"i-0found"})->record.region, kThere);
}

TEST_F(TwoRegions, EndsAreAskedForWhereTheInstanceIs) {
  terminations.end(worker("i-0here", kHere), "idle");
  terminations.end(worker("i-0there", kThere), "idle");
  watches.schedule(false);
  std::map<std::string, std::vector<InstanceId>> ends;
  for (const TerminateInstances& call : taken<TerminateInstances>()) ends[call.region] = call.ids;
  EXPECT_EQ(ends[kHere], std::vector{InstanceId{"i-0here"}});
  EXPECT_EQ(ends[kThere], std::vector{InstanceId{"i-0there"}});
}

TEST_F(TwoRegions, ListAllIsAnsweredOnceWithWhatBothHave) {
  const CallerId caller{7};
  watches.list_for(caller);
  shows(kHere, {view("i-0here")});
  EXPECT_TRUE(taken<Reply>().empty());
  shows(kThere, {view("i-0there")});
  const auto replies = taken<Reply>();
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(std::get<AllInstances>(replies[0].answer).instances.size(), 2U);
}

TEST_F(TwoRegions, AListThatLacksARegionIsAFailureAndSaidOnce) {
  watches.list_for({7});
  refuses(kThere);
  shows(kHere, {view("i-0here")});
  const auto replies = taken<Reply>();
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<CommandFailed>(replies[0].answer));
}

TEST_F(TwoRegions, KeysOfAnotherAccountCloseBoth) {
  worker("i-0here", kHere);
  shows(kHere, {view("i-0here")});
  shows(kThere, {});
  watches.keys_changed();
  watches.identified({"999999999999"});
  terminations.end(*workers.find({"i-0here"}), "idle");
  watches.schedule(false);
  EXPECT_TRUE(taken<TerminateInstances>().empty());
  EXPECT_FALSE(step.trouble_in(kHere).empty());
  EXPECT_FALSE(step.trouble_in(kThere).empty());
}

}  // namespace
}  // namespace cb::core
