// The control endpoint.

#include "ec2sim/control/control.h"

#include <gtest/gtest.h>

#include "ec2sim/model/test_bench.h"

namespace cb::ec2sim {
namespace {

int status_of(TestBench& bench, const std::string& method, const std::string& target) {
  return bench.service.handle({method, target, {}, ""}, bench.now).status;
}

TEST(Control, SettingsAreChangedWhileItRuns) {
  TestBench bench;
  EXPECT_EQ(bench.control("settings", R"({"pending":"9s"})").at("pending").as_string(), "9s");
  bench.launch();
  bench.pass(seconds{8});
  EXPECT_EQ(bench.control("instances/" + bench.first_id()).at("state").as_string(), "pending");
}

TEST(Control, ErrorsAreOneSentence) {
  TestBench bench;
  EXPECT_EQ(bench.control("settings", R"({"pending":1})").at("error").as_string(),
            "The setting \"pending\" wants a range such as \"2s..4s\", not 1.");
  EXPECT_EQ(status_of(bench, "GET", "/_sim/nothing"), 404);
  EXPECT_EQ(status_of(bench, "GET", "/_sim/instances/i-1"), 404);
  EXPECT_EQ(status_of(bench, "GET", "/_sim/clear"), 405);
  bench.launch();
  EXPECT_EQ(status_of(bench, "POST", "/_sim/instances/" + bench.first_id() + "/interrupt"), 409);
  EXPECT_EQ(status_of(bench, "POST", "/_sim/instances/" + bench.first_id() + "/explode"), 404);
}

TEST(Control, CountsCallsByActionAndErrorsByCode) {
  TestBench bench;
  bench.launch();
  bench.launch({{"KeyName", "none"}});
  bench.ask("DescribeInstances");
  const auto counters = bench.control("counters");
  const auto& run = counters.at("actions").at("RunInstances");
  EXPECT_EQ(run.at("calls"), 2);
  EXPECT_EQ(run.at("errors").at("InvalidKeyPair.NotFound"), 1);
  EXPECT_EQ(counters.at("actions").at("DescribeInstances").at("calls"), 1);
  EXPECT_EQ(counters.at("errors").at("InvalidKeyPair.NotFound"), 1);
  bench.control("counters/reset", "{}");
  EXPECT_TRUE(bench.control("counters").at("actions").as_object().empty());
}

TEST(Control, KeepsTheLastCallsInFull) {
  TestBench bench;
  bench.launch({{"ClientToken", "t"}});
  bench.ask("DescribeInstances");
  const auto calls = bench.control("calls").at("calls").as_array();
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0].at("parameters").at("ClientToken").as_string(), "t");
  EXPECT_EQ(bench.control("calls?after=1").at("calls").as_array().size(), 1u);
}

TEST(Control, KnowsWhenAListingFirstShowedAWorkerReady) {
  TestBench bench(exact_settings(), {.processes = false});
  bench.launch();
  const auto show = [&] {
    const HttpAnswer answer = bench.ask("DescribeInstances");
    bench.service.sent(answer, bench.now);
  };
  show();
  const Micros launched = bench.now.boot;
  bench.pass(seconds{6});
  show();
  const auto instance = bench.control("instances/" + bench.first_id());
  EXPECT_EQ(instance.at("first_listed_us"), launched.count());
  EXPECT_EQ(instance.at("first_listed_ready_us"), (launched + seconds{6}).count());
  EXPECT_EQ(instance.at("ready_us"), (launched + seconds{4}).count());
}

TEST(Control, ClearEndsAndForgetsEverything) {
  TestBench bench;
  bench.launch({{"ClientToken", "t"}});
  bench.pass(seconds{2});
  bench.service.instances().take_effects();
  bench.control("clear", "{}");
  ASSERT_EQ(bench.service.instances().take_effects().size(), 1u);
  EXPECT_TRUE(bench.control("instances").at("instances").as_array().empty());
  EXPECT_EQ(bench.launch({{"ClientToken", "t"}}).status, 200);
}

TEST(Control, TheLedgerAddsUpWhatInstancesCost) {
  TestBench bench;
  bench.control("settings", R"({"prices":{"c7i.16xlarge":{"on_demand":2.856,"spot":0.9996}}})");
  bench.launch();
  bench.launch({{"InstanceMarketOptions.MarketType", "spot"}});
  bench.pass(seconds{2 + 3600});
  const auto ledger = bench.control("ledger");
  EXPECT_EQ(ledger.at("billed_seconds"), 7200);
  EXPECT_EQ(ledger.at("micro_dollars"), 2'856'000 + 999'600);
}

TEST(Control, AShutdownFromWithinTerminatesASpotInstance) {
  TestBench bench;
  bench.launch({{"InstanceMarketOptions.MarketType", "spot"}});
  bench.pass(seconds{5});
  bench.control("instances/" + bench.first_id() + "/shutdown", "{}");
  EXPECT_EQ(bench.first().reason_code, "Client.InstanceInitiatedShutdown");
}

}  // namespace
}  // namespace cb::ec2sim
