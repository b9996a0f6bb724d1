// What becomes of an instance in time, as EC2's answers show it.

#include <gtest/gtest.h>

#include "ec2sim/model/test_bench.h"

namespace cb::ec2sim {
namespace {

std::string listed_state(TestBench& bench) {
  const HttpAnswer answer = bench.ask("DescribeInstances");
  const std::size_t at = answer.body.find("<instanceState>");
  return at == std::string::npos ? "" : text_in(answer.body.substr(at), "name");
}

std::string listed_address(TestBench& bench) {
  return text_in(bench.ask("DescribeInstances").body, "ipAddress");
}

TestBench with_fate(const char* fate) {
  Settings settings = exact_settings();
  const Status done = apply(settings, boost::json::parse(str("{\"fates\":[", fate, "]}")));
  EXPECT_TRUE(done) << done.error().what;
  return TestBench(settings);
}

TEST(Lifecycle, AnInstanceRunsWithItsAddressAfterThePendingTime) {
  TestBench bench;
  EXPECT_EQ(bench.launch().status, 200);
  EXPECT_EQ(listed_state(bench), "pending");
  EXPECT_EQ(listed_address(bench), "");
  bench.pass(seconds{2});
  EXPECT_EQ(listed_state(bench), "running");
  EXPECT_EQ(listed_address(bench), "127.70.0.1");
}

TEST(Lifecycle, ItsProcessStartsWhenItRunsAndStopsWhenItEnds) {
  TestBench bench;
  bench.launch();
  EXPECT_TRUE(bench.service.instances().take_effects().empty());
  bench.pass(seconds{2});
  auto effects = bench.service.instances().take_effects();
  ASSERT_EQ(effects.size(), 1u);
  EXPECT_EQ(effects[0].what, Effect::What::kStart);
  bench.ask("TerminateInstances", {{"InstanceId.1", bench.first_id()}});
  effects = bench.service.instances().take_effects();
  ASSERT_EQ(effects.size(), 1u);
  EXPECT_EQ(effects[0].what, Effect::What::kStop);
}

TEST(Lifecycle, ATerminatedInstanceIsListedForATimeAndThenForgotten) {
  TestBench bench;
  bench.launch();
  bench.pass(seconds{10});
  bench.ask("TerminateInstances", {{"InstanceId.1", bench.first_id()}});
  EXPECT_EQ(listed_state(bench), "shutting-down");
  bench.pass(seconds{3});
  EXPECT_EQ(listed_state(bench), "terminated");
  EXPECT_EQ(listed_address(bench), "");
  bench.pass(std::chrono::hours{1});
  EXPECT_EQ(listed_state(bench), "");
  EXPECT_EQ(code_of(bench.ask("DescribeInstances", {{"InstanceId.1", bench.first_id()}})),
            "InvalidInstanceID.NotFound");
}

TEST(Lifecycle, APendingInstanceThatIsTerminatedNeverRuns) {
  TestBench bench;
  bench.launch();
  bench.ask("TerminateInstances", {{"InstanceId.1", bench.first_id()}});
  EXPECT_EQ(listed_state(bench), "terminated");
  bench.pass(seconds{100});
  EXPECT_TRUE(bench.service.instances().take_effects().empty());
  EXPECT_EQ(bill_of(bench.first(), bench.now.boot).billed, seconds{0});
}

TEST(Lifecycle, TheFirstReasonOfAnEndStays) {
  TestBench bench;
  bench.launch({{"InstanceMarketOptions.MarketType", "spot"}});
  bench.pass(seconds{10});
  bench.control("instances/" + bench.first_id() + "/interrupt", R"({"notice":"0s"})");
  bench.ask("TerminateInstances", {{"InstanceId.1", bench.first_id()}});
  EXPECT_EQ(bench.first().reason_code, "Server.SpotInstanceTermination");
}

TEST(Fates, ALaunchThatEndsByItselfSaysWhy) {
  TestBench bench = with_fate(
      R"({"do":"ends_by_itself","after":"1s","code":"Server.InsufficientInstanceCapacity"})");
  EXPECT_EQ(bench.launch().status, 200);
  bench.pass(seconds{1});
  const std::string xml = bench.ask("DescribeInstances").body;
  EXPECT_EQ(listed_state(bench), "terminated");
  EXPECT_EQ(text_in(xml, "code"), "48");
  EXPECT_NE(xml.find("<code>Server.InsufficientInstanceCapacity</code>"), std::string::npos);
}

TEST(Fates, OneThatStaysPendingDoesSoForEver) {
  TestBench bench = with_fate(R"({"do":"stays_pending"})");
  bench.launch();
  bench.pass(std::chrono::hours{100});
  EXPECT_EQ(listed_state(bench), "pending");
}

TEST(Fates, OneWithoutAddressRunsAndHasNone) {
  TestBench bench = with_fate(R"({"do":"no_address","lasts":"20s"})");
  bench.launch();
  bench.pass(seconds{21});
  EXPECT_EQ(listed_state(bench), "running");
  EXPECT_EQ(listed_address(bench), "");
  bench.pass(seconds{1});
  EXPECT_EQ(listed_address(bench), "127.70.0.1");
}

TEST(Fates, AHiddenOneIsNeitherListedNorFoundByItsId) {
  TestBench bench = with_fate(R"({"do":"hidden","lasts":"30s"})");
  bench.launch();
  bench.pass(seconds{29});
  EXPECT_EQ(listed_state(bench), "");
  EXPECT_EQ(code_of(bench.ask("TerminateInstances", {{"InstanceId.1", bench.first_id()}})),
            "InvalidInstanceID.NotFound");
  bench.pass(seconds{1});
  EXPECT_EQ(listed_state(bench), "running");
}

TEST(Fates, AnInterruptedOneIsWarnedAndThenEndedByEc2) {
  TestBench bench = with_fate(R"({"do":"interrupted","after":"5s","notice":"39s"})");
  bench.launch({{"InstanceMarketOptions.MarketType", "spot"}});
  bench.pass(seconds{2 + 5});
  EXPECT_FALSE(bench.control("instances/" + bench.first_id()).at("notice_us").is_null());
  bench.pass(seconds{38});
  EXPECT_EQ(listed_state(bench), "running");
  bench.pass(seconds{1});
  EXPECT_EQ(listed_state(bench), "shutting-down");
  EXPECT_EQ(text_in(bench.ask("DescribeInstances").body, "reason").substr(0, 22),
            "Server.SpotInstanceTer");
}

TEST(Fates, OneThatDiesLosesItsProcessAndEc2StillSaysRunning) {
  TestBench bench = with_fate(R"({"do":"dies","after":"10s"})");
  bench.launch();
  bench.pass(seconds{2});
  bench.service.instances().take_effects();
  bench.pass(seconds{2 + 10});
  const auto effects = bench.service.instances().take_effects();
  ASSERT_EQ(effects.size(), 1u);
  EXPECT_EQ(effects[0].what, Effect::What::kStop);
  EXPECT_EQ(listed_state(bench), "running");
}

TEST(Fates, NextLimitsHowOftenARuleApplies) {
  TestBench bench = with_fate(R"({"do":"stays_pending","next":1})");
  bench.launch();
  bench.launch();
  bench.pass(seconds{10});
  const auto& all = bench.service.instances().all();
  EXPECT_EQ(state_at(all[0], bench.now.boot), State::kPending);
  EXPECT_EQ(state_at(all[1], bench.now.boot), State::kRunning);
}

TEST(Consistency, AListingWithALagShowsThePast) {
  Settings settings = exact_settings();
  settings.listing_lag = seconds{5};
  TestBench bench(settings);
  bench.launch();
  bench.pass(seconds{4});
  EXPECT_EQ(listed_state(bench), "");
  bench.pass(seconds{1});
  EXPECT_EQ(listed_state(bench), "pending");
  bench.pass(seconds{2});
  EXPECT_EQ(listed_state(bench), "running");
}

TEST(Addresses, AStrangerTakesAFreedAddressAndIsInNoAnswer) {
  Settings settings = exact_settings();
  settings.strangers = true;
  TestBench bench(settings);
  bench.launch();
  bench.pass(seconds{10});
  bench.ask("TerminateInstances", {{"InstanceId.1", bench.first_id()}});
  bench.pass(seconds{3});
  const auto& all = bench.service.instances().all();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_TRUE(all[1].stranger);
  EXPECT_EQ(all[1].address, all[0].address);
  EXPECT_EQ(bench.ask("DescribeInstances").body.find(all[1].id), std::string::npos);
}

TEST(Addresses, AFreedOneIsReusedAtOnceWhenAsked) {
  Settings settings = exact_settings();
  settings.reuse_addresses = true;
  TestBench bench(settings);
  bench.launch();
  bench.pass(seconds{10});
  bench.ask("TerminateInstances", {{"InstanceId.1", bench.first_id()}});
  bench.pass(seconds{3});
  bench.launch();
  EXPECT_EQ(bench.service.instances().all()[1].address, bench.first().address);
}

TEST(Ledger, BillsBySecondsFromRunningWithAMinuteAtLeast) {
  TestBench bench;
  bench.launch();
  bench.pass(seconds{2 + 10});
  EXPECT_EQ(bill_of(bench.first(), bench.now.boot).billed, seconds{60});
  bench.pass(seconds{3590});
  const Bill bill = bill_of(bench.first(), bench.now.boot);
  EXPECT_EQ(bill.billed, seconds{3600});
  EXPECT_EQ(bill.cost, Money{2'856'000});
  bench.ask("TerminateInstances", {{"InstanceId.1", bench.first_id()}});
  bench.pass(seconds{1000});
  EXPECT_EQ(bill_of(bench.first(), bench.now.boot).billed, seconds{3600});
}

TEST(Ledger, ASpotInstanceThatIsInterruptedInItsFirstHourIsFree) {
  TestBench bench;
  bench.launch({{"InstanceMarketOptions.MarketType", "spot"}});
  bench.pass(seconds{2 + 600});
  EXPECT_EQ(bill_of(bench.first(), bench.now.boot).billed, seconds{600});
  bench.control("instances/" + bench.first_id() + "/interrupt", R"({"notice":"0s"})");
  EXPECT_EQ(bill_of(bench.first(), bench.now.boot).cost, Money{0});
}

TEST(Seed, TheSameSeedGivesTheSameIdsZonesAndTimes) {
  Settings settings = exact_settings();
  settings.pending = {seconds{1}, seconds{100}};
  TestBench one(settings), other(settings);
  settings.seed = 8;
  TestBench third(settings);
  for (TestBench* bench : {&one, &other, &third}) bench->launch();
  EXPECT_EQ(one.first().id, other.first().id);
  EXPECT_EQ(one.first().zone, other.first().zone);
  EXPECT_EQ(one.first().times.running, other.first().times.running);
  EXPECT_NE(one.first().id, third.first().id);
}

}  // namespace
}  // namespace cb::ec2sim
