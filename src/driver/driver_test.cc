#include "driver/driver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>

#include "base/text.h"

namespace cb::driver {
namespace {

// Everything outside the broker: a cloud whose instances run at once, and a disk that can fill up.
// What is done to it stands in `done`, in order.
class TestBench : public port::Cloud,
                  public port::Prober,
                  public port::Replies,
                  public port::Store,
                  public port::LogSink {
 public:
  explicit TestBench(core::Settings settings = usable_settings())
      : broker(std::move(settings), encode),
        driver(std::make_unique<Driver>(broker, Ports{*this, *this, *this, *this, *this})) {
    driver->post(core::Started{{}, "n0nce", false, ""});
  }

  static core::Settings usable_settings() {
    core::Settings settings;
    settings.pools.begin()->second.image = "ami-1";
    settings.pools.begin()->second.ready = core::ReadyCheck::kNone;
    return settings;
  }
  static std::string encode(const core::LaunchSpec& spec) { return spec.token.value; }

  void run() {
    do {
      driver->run(now);
    } while (driver->has_work());
  }
  void pass(Duration time) {
    const Instant end = now.boot + time;
    while (now.boot < end) {
      const Instant next = std::clamp(driver->next_deadline().value_or(end), now.boot, end);
      now = {next, now.wall + (next - now.boot)};
      run();
    }
  }
  CallerId ask(core::Request request) {
    const CallerId caller{++callers_};
    driver->post(core::Asked{caller, std::move(request)});
    return caller;
  }
  std::size_t count(const std::string& word) const {
    return static_cast<std::size_t>(std::count(done.begin(), done.end(), word));
  }
  std::size_t place(const std::string& word) const {
    return static_cast<std::size_t>(std::find(done.begin(), done.end(), word) - done.begin());
  }
  std::string address_for(CallerId caller) const {
    const auto found = answers.find(caller);
    if (found == answers.end()) return "no answer";
    const auto* given = std::get_if<core::WorkerAddress>(&found->second);
    if (given != nullptr) return given->address;
    const auto* refused = std::get_if<core::Refused>(&found->second);
    return refused != nullptr ? refused->why : "no address";
  }

  void identify(const core::Identify&) override { driver->post(core::Identified{{"1234"}}); }
  void launch(const core::LaunchInstance& what) override {
    done.push_back("launch");
    core::InstanceView view;
    view.id.value = str("i-", ++machines_);
    view.state = core::InstanceState::kRunning;
    view.public_address = str("192.0.2.", machines_);
    view.type = "c7i.16xlarge";
    view.image = "ami-1";
    view.launched = now.wall;
    view.token = what.token;
    view.tags = {{std::string(core::kBrokerTag), "default"},
                 {std::string(core::kPoolTag), "default"}};
    cloud[view.id] = view;
    late = core::LaunchAnswered{what.token, what.region, core::Launched{{view}}};
    driver->post(late_answers
                     ? core::LaunchAnswered{what.token, what.region, core::LaunchOutcomeUnknown{}}
                     : late);
  }
  void list(const core::ListInstances& what) override {
    core::Listing listing;
    for (const auto& [id, view] : cloud) listing.instances.push_back(view);
    driver->post(core::Listed{what.query, listing});
  }
  void tag(const core::TagInstances& what) override {
    driver->post(core::Tagged{what.ids, what.key, {}, {}});
  }
  void terminate(const core::TerminateInstances& what) override {
    done.push_back("terminate");
    core::TerminateAccepted accepted;
    for (const InstanceId& id : what.ids) {
      cloud[id].state = core::InstanceState::kTerminated;
      accepted.instances.push_back({id, core::InstanceState::kShuttingDown});
    }
    driver->post(core::TerminateAnswered{what.ids, accepted});
  }
  void probe(const core::ProbeWorker&) override { done.push_back("probe"); }
  void hang_up(const InstanceId&) override { done.push_back("hang up"); }
  void reply(CallerId caller, const core::Answer& answer) override {
    done.push_back("reply");
    answers[caller] = answer;
  }
  void tell(CallerId, const core::Progress&) override { done.push_back("tell"); }
  void notify(ConnectionId, const core::Notice&) override { done.push_back("notify"); }
  Status commit(const std::vector<core::Change>& changes, Now) override {
    if (disk_full) {
      done.push_back("refused");
      return Error{"the disk of /state is full"};
    }
    done.push_back("commit");
    for (const core::Change& change : changes) saved.apply(change);
    return Done{};
  }
  void write(const core::Log& line) override { logged.push_back(line.key); }

  core::Broker broker;
  std::unique_ptr<Driver> driver;
  Now now{Instant{hours{1}}, *parse_iso8601("2026-11-23T10:00:00Z")};
  std::map<InstanceId, core::InstanceView> cloud;
  std::map<CallerId, core::Answer> answers;
  std::vector<std::string> done, logged;
  core::Records saved;
  bool disk_full = false;
  bool late_answers = false;  // of launches: it is not known at first what became of one
  core::LaunchAnswered late;

 private:
  std::uint64_t callers_ = 0, machines_ = 0;
};

struct DriverTest : testing::Test {
  TestBench bench;
  // A worker is up and was handed out; nothing is recorded of how it came.
  std::string warm() {
    const CallerId caller = bench.ask(core::GetWorker{});
    bench.run();
    bench.pass(seconds{5});
    bench.done.clear();
    return bench.address_for(caller);
  }
};

TEST_F(DriverTest, ALaunchIsSavedBeforeItIsMade) {
  bench.ask(core::GetWorker{});
  bench.driver->run(bench.now);  // identified
  bench.driver->run(bench.now);  // listed
  bench.done.clear();
  bench.driver->run(bench.now);
  EXPECT_EQ(bench.done, (std::vector<std::string>{"commit", "launch"}));
  ASSERT_EQ(bench.saved.attempts.size(), 1u);
  EXPECT_EQ(bench.saved.attempts.begin()->second.request, bench.cloud.begin()->second.token.value);
}

TEST_F(DriverTest, WhatIsSavedIsWhatTheBrokerHolds) {
  EXPECT_EQ(warm(), "192.0.2.1");
  bench.pass(seconds{30});
  core::Records held = bench.broker.records();
  // The count of hand-outs is saved with the line's next change.
  for (auto& [id, line] : held.open_ledger)
    line.handed_out = bench.saved.open_ledger[id].handed_out;
  EXPECT_EQ(bench.saved, held);
  EXPECT_EQ(held.workers.size(), 1u);
}

TEST_F(DriverTest, ManyEventsAreOneCommit) {
  warm();
  bench.pass(hours{1});
  bench.done.clear();
  for (int i = 0; i < 100; ++i) bench.ask(core::GetWorker{});
  bench.driver->run(bench.now);
  EXPECT_EQ(bench.count("commit"), 1u);
  EXPECT_EQ(bench.count("launch"), 1u);
}

TEST(Driver, ALaunchThatALaterEventOfTheBatchSettlesIsNotMade) {
  core::Settings settings = TestBench::usable_settings();
  settings.retry_delay_min = settings.retry_delay_max = milliseconds{1};
  TestBench bench(settings);
  bench.run();
  bench.late_answers = true;
  bench.ask(core::GetWorker{});
  bench.run();
  ASSERT_EQ(bench.count("launch"), 1u);
  // The next call with its token is due just when the first one is answered after all.
  bench.now = {bench.now.boot + milliseconds{1}, bench.now.wall + milliseconds{1}};
  bench.driver->post(core::TimePassed{});
  bench.driver->post(bench.late);
  bench.run();
  EXPECT_EQ(bench.count("launch"), 1u);
  EXPECT_TRUE(bench.saved.attempts.empty());
}

TEST_F(DriverTest, AWarmHandOutSavesNothing) {
  const std::string address = warm();
  const CallerId caller = bench.ask(core::GetWorker{});
  bench.run();
  EXPECT_EQ(bench.address_for(caller), address);
  EXPECT_EQ(bench.count("commit"), 0u);
}

TEST_F(DriverTest, WhatAPortPostsWaitsForTheNextRun) {
  bench.driver->run(bench.now);
  EXPECT_TRUE(bench.driver->has_work());  // Identified
  bench.driver->run(bench.now);
  EXPECT_TRUE(bench.driver->has_work());  // Listed
}

TEST_F(DriverTest, TimePassesByItselfAndOnlyWhenItHasCome) {
  warm();
  bench.pass(minutes{14});
  EXPECT_EQ(bench.count("terminate"), 0u);
  bench.pass(minutes{2});
  EXPECT_EQ(bench.count("terminate"), 1u);
}

TEST_F(DriverTest, WhoAsksAtTheVeryEndOfTheIdleTimeIsHeardFirst) {
  const std::string address = warm();
  while (bench.now.boot < Instant{hours{2}} && bench.count("terminate") == 0) {
    const auto due = bench.driver->next_deadline();
    ASSERT_TRUE(due);
    bench.now.boot = std::max(bench.now.boot, *due);
    bench.ask(core::Ping{address});
    bench.run();
  }
  EXPECT_EQ(bench.count("terminate"), 0u);
}

TEST_F(DriverTest, WhenTheDiskIsFullNothingIsLaunchedAndTheCallerIsToldWhy) {
  bench.run();
  bench.done.clear();
  bench.disk_full = true;
  const CallerId caller = bench.ask(core::GetWorker{});
  bench.run();
  EXPECT_EQ(bench.count("launch"), 0u);
  const auto* refused = std::get_if<core::Refused>(&bench.answers.at(caller));
  ASSERT_NE(refused, nullptr);
  EXPECT_NE(refused->why.find("the disk of /state is full"), std::string::npos);
  EXPECT_EQ(std::count(bench.logged.begin(), bench.logged.end(), "journal.failed"), 1);
}

TEST_F(DriverTest, WhenTheDiskIsFullKnownWorkersAreServedAndTerminationsMade) {
  const std::string address = warm();
  bench.disk_full = true;
  const CallerId caller = bench.ask(core::GetWorker{});
  bench.run();
  EXPECT_EQ(bench.address_for(caller), address);
  bench.ask(core::Release{address});
  bench.run();
  EXPECT_EQ(bench.count("terminate"), 1u);
  EXPECT_EQ(bench.count("commit"), 0u);
}

TEST_F(DriverTest, WhatTheDiskRefusedIsSavedWhenItWorksAgain) {
  const std::string address = warm();
  bench.disk_full = true;
  bench.ask(core::Release{address});
  bench.run();
  EXPECT_NE(bench.saved, bench.broker.records());
  bench.disk_full = false;
  bench.pass(minutes{1});
  EXPECT_EQ(bench.saved, bench.broker.records());
  EXPECT_EQ(std::count(bench.logged.begin(), bench.logged.end(), "journal.works"), 1);
  const CallerId caller = bench.ask(core::GetWorker{});
  bench.pass(seconds{10});
  EXPECT_NE(bench.address_for(caller), address);
  EXPECT_EQ(bench.cloud.size(), 2u);
}

TEST_F(DriverTest, AFullDiskIsTriedAgainAtItsIntervalNotForEachRequest) {
  warm();
  bench.disk_full = true;
  bench.ask(core::Ping{"192.0.2.1"});
  bench.pass(seconds{6});  // the idle clock is saved behind time
  const auto before = bench.count("refused");
  EXPECT_GE(before, 1u);
  for (int i = 0; i < 100; ++i) {
    bench.ask(core::GetWorker{});
    bench.run();
  }
  EXPECT_EQ(bench.count("refused"), before);
}

TEST(Backlog, HoldsTheLatestChangeOfEachRecord) {
  core::WorkerRecord worker;
  worker.id.value = "i-1";
  Backlog backlog;
  backlog.fold({worker, core::LaunchStamp{{"i-1"}, {}}, core::DropAttempt{{"i-1"}}});
  backlog.fold({core::DropWorker{{"i-1"}}});
  backlog.fold({core::BrokerRecord{}, core::BrokerRecord{"n", 2, "", ""}});
  core::Records records;
  for (const core::Change& change : backlog.changes()) records.apply(change);
  EXPECT_EQ(backlog.changes().size(), 4u);
  EXPECT_TRUE(records.workers.empty());
  EXPECT_EQ(records.stamps.size(), 1u);
  EXPECT_EQ(records.broker->next_attempt, 2u);
  backlog.clear();
  EXPECT_TRUE(backlog.empty());
}

}  // namespace
}  // namespace cb::driver
