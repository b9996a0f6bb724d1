// How instances are stopped and started, protected, and what regions may do.

#include <gtest/gtest.h>

#include "ec2sim/model/test_bench.h"

namespace cb::ec2sim {
namespace {

struct StopBench : TestBench {
  using TestBench::TestBench;
  HttpAnswer stop() { return ask("StopInstances", {{"InstanceId.1", first_id()}}); }
  HttpAnswer start() { return ask("StartInstances", {{"InstanceId.1", first_id()}}); }
  void launch_running() {
    EXPECT_EQ(launch().status, 200);
    pass(seconds{10});
  }
  void launch_stopped() {
    launch_running();
    EXPECT_EQ(stop().status, 200);
    pass(seconds{3});
  }
  std::string state() { return std::string(to_string(state_at(first(), now.boot))); }
  std::string listed(const std::string& element) {
    return text_in(ask("DescribeInstances").body, element);
  }
};

TEST(StopInstances, ItsAddressAndItsServiceAreGoneAndItIsNot) {
  StopBench bench;
  bench.launch_running();
  bench.service.instances().take_effects();
  const auto answer = bench.stop();
  EXPECT_EQ(text_in(answer.body, "name"), "stopping");
  const auto effects = bench.service.instances().take_effects();
  ASSERT_EQ(effects.size(), 1u);
  EXPECT_EQ(effects[0].what, Effect::What::kStop);
  EXPECT_EQ(bench.listed("ipAddress"), "");
  EXPECT_EQ(bench.listed("code"), "64");
  bench.pass(seconds{3});
  EXPECT_EQ(bench.state(), "stopped");
  EXPECT_EQ(text_in(bench.stop().body, "name"), "stopped") << "a second time is no error";
  bench.pass(std::chrono::hours{24});
  EXPECT_EQ(bench.state(), "stopped");
}

TEST(StartInstances, ItBootsAnewWithAnotherAddressAndLaunchTime) {
  StopBench bench;
  bench.launch_stopped();
  bench.service.instances().take_effects();
  const std::string address = bench.first().address;
  const std::string launched = bench.listed("launchTime");
  EXPECT_EQ(text_in(bench.start().body, "name"), "pending");
  EXPECT_EQ(bench.listed("ipAddress"), "");
  bench.pass(seconds{2});
  EXPECT_EQ(bench.state(), "running");
  EXPECT_EQ(text_in(bench.start().body, "name"), "running") << "a second time is no error";
  const auto effects = bench.service.instances().take_effects();
  ASSERT_EQ(effects.size(), 1u);
  EXPECT_EQ(effects[0].what, Effect::What::kStart);
  EXPECT_NE(bench.listed("ipAddress"), "");
  EXPECT_NE(bench.listed("ipAddress"), address);
  EXPECT_GT(bench.listed("launchTime"), launched);
}

TEST(StopInstances, SpotAndOtherStatesAreRefusedWithTheWholeBatch) {
  StopBench bench;
  bench.launch_running();
  const auto spot = bench.launch({{"InstanceMarketOptions.MarketType", "spot"}});
  bench.pass(seconds{10});
  const auto both = bench.ask(
      "StopInstances",
      {{"InstanceId.1", bench.first_id()}, {"InstanceId.2", text_in(spot.body, "instanceId")}});
  EXPECT_EQ(code_of(both), "UnsupportedOperation");
  EXPECT_EQ(bench.state(), "running");
  const std::string pending = text_in(bench.launch().body, "instanceId");
  EXPECT_EQ(code_of(bench.ask("StopInstances", {{"InstanceId.1", pending}})),
            "IncorrectInstanceState");
  EXPECT_EQ(code_of(bench.ask("StopInstances", {{"InstanceId.1", "i-0123456789abcdef0"}})),
            "InvalidInstanceID.NotFound");
  EXPECT_EQ(code_of(bench.ask("StopInstances")), "MissingParameter");
  const Form dry{{"InstanceId.1", bench.first_id()}, {"DryRun", "true"}};
  EXPECT_EQ(code_of(bench.ask("StopInstances", dry)), "DryRunOperation");
  EXPECT_EQ(bench.state(), "running");
}

TEST(StartInstances, OneThatStopsOrHasEndedIsRefused) {
  StopBench bench;
  bench.launch_running();
  bench.stop();
  EXPECT_EQ(code_of(bench.start()), "IncorrectInstanceState");
  bench.pass(seconds{3});
  bench.ask("TerminateInstances", {{"InstanceId.1", bench.first_id()}});
  EXPECT_EQ(bench.state(), "terminated");
  EXPECT_EQ(code_of(bench.start()), "IncorrectInstanceState");
}

TEST(StartInstances, ItsPlaceMayBeGone) {
  Settings settings = exact_settings();
  settings.capacity = {{"on-demand", "", "", 1}};
  StopBench bench(settings);
  bench.launch_stopped();
  EXPECT_EQ(bench.launch().status, 200) << "a stopped one has no machine";
  EXPECT_EQ(code_of(bench.start()), "InsufficientInstanceCapacity");
  EXPECT_EQ(bench.state(), "stopped");
  bench.service.settings().capacity.clear();
  EXPECT_EQ(bench.start().status, 200);
}

TEST(StartInstances, CountsAgainstTheQuota) {
  Settings settings = exact_settings();
  settings.on_demand_vcpus = 64;
  StopBench bench(settings);
  bench.launch_stopped();
  EXPECT_EQ(bench.launch().status, 200);
  EXPECT_EQ(code_of(bench.start()), "VcpuLimitExceeded");
}

TEST(StartInstances, FatesAreDrawnAnew) {
  StopBench bench;
  bench.launch_stopped();
  bench.control("settings", R"({"fates":[{"do":"refused","next":1},
                                         {"do":"stays_pending","next":1}]})");
  EXPECT_EQ(code_of(bench.start()), "InsufficientInstanceCapacity");
  EXPECT_EQ(bench.start().status, 200);
  bench.pass(std::chrono::hours{1});
  EXPECT_EQ(bench.state(), "pending");
}

TEST(StartInstances, HasABucketOfItsOwn) {
  Settings settings = exact_settings();
  settings.throttling = true;
  StopBench bench(settings);
  bench.launch_running();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(bench.start().status, 200);
  EXPECT_EQ(code_of(bench.start()), "RequestLimitExceeded");
  EXPECT_EQ(bench.launch().status, 200);
}

TEST(StopInstances, TheTimeBetweenCostsNothing) {
  StopBench bench;
  bench.launch_running();
  bench.pass(seconds{100});
  bench.stop();
  bench.pass(std::chrono::hours{5});
  bench.start();
  bench.pass(seconds{2 + 100});
  EXPECT_EQ(bench.control("ledger").at("billed_seconds"), 8 + 100 + 100);
}

TEST(StopInstances, AStrangerMayTakeItsAddress) {
  Settings settings = exact_settings();
  settings.strangers = true;
  StopBench bench(settings);
  bench.launch_running();
  const std::string address = bench.first().address;
  bench.stop();
  const Instance& stranger = bench.service.instances().all().back();
  EXPECT_TRUE(stranger.stranger);
  EXPECT_EQ(stranger.address, address);
  bench.pass(seconds{3});
  EXPECT_EQ(bench.start().status, 200);
  EXPECT_NE(bench.first().address, address);
}

TEST(StopInstances, AShutdownFromWithinStopsWhatDoesNotTerminate) {
  StopBench bench;
  bench.launch_running();
  bench.control("instances/" + bench.first_id() + "/shutdown", "{}");
  bench.pass(seconds{3});
  EXPECT_EQ(bench.state(), "stopped");
  EXPECT_EQ(bench.first().reason_code, "Client.InstanceInitiatedShutdown");
}

TEST(ModifyInstanceAttribute, ProtectsFromTermination) {
  StopBench bench;
  bench.launch_running();
  const std::string id = bench.first_id();
  const Form ends{{"InstanceId.1", id}};
  const auto set = [&](const Form& change) {
    Form form{{"InstanceId", id}};
    form.insert(form.end(), change.begin(), change.end());
    return code_of(bench.ask("ModifyInstanceAttribute", form));
  };
  EXPECT_EQ(set({{"DisableApiTermination.Value", "true"}, {"DryRun", "true"}}), "DryRunOperation");
  EXPECT_FALSE(bench.first().is_protected);
  EXPECT_EQ(set({{"DisableApiTermination.Value", "true"}}), "");
  EXPECT_EQ(code_of(bench.ask("TerminateInstances", ends)), "OperationNotPermitted");
  EXPECT_EQ(set({{"Attribute", "disableApiTermination"}, {"Value", "false"}}), "");
  EXPECT_EQ(set({{"InstanceInitiatedShutdownBehavior.Value", "terminate"}}), "");
  EXPECT_TRUE(bench.first().order.terminate_on_shutdown);
  EXPECT_EQ(bench.ask("TerminateInstances", ends).status, 200);
}

TEST(ModifyInstanceAttribute, TakesOneAttributeThatItKnows) {
  StopBench bench;
  bench.launch({{"InstanceMarketOptions.MarketType", "spot"}});
  const auto code = [&](const Form& change) {
    Form form{{"InstanceId", bench.first_id()}};
    form.insert(form.end(), change.begin(), change.end());
    return code_of(bench.ask("ModifyInstanceAttribute", form));
  };
  EXPECT_EQ(code({}), "MissingParameter");
  EXPECT_EQ(code({{"DisableApiTermination.Value", "true"},
                  {"InstanceInitiatedShutdownBehavior.Value", "stop"}}),
            "InvalidParameterCombination");
  EXPECT_EQ(code({{"Attribute", "disableApiTermination"}, {"Value", "maybe"}}),
            "InvalidParameterValue");
  EXPECT_EQ(code({{"Attribute", "userData"}, {"Value", "x"}}), "UnsupportedOperation");
  EXPECT_EQ(code({{"DisableApiTermination.Value", "true"}}), "UnsupportedOperation") << "spot";
}

TEST(RunInstances, MayLaunchWithProtection) {
  StopBench bench;
  bench.launch({{"DisableApiTermination", "true"}});
  EXPECT_EQ(code_of(bench.ask("TerminateInstances", {{"InstanceId.1", bench.first_id()}})),
            "OperationNotPermitted");
}

TEST(Faults, MayBeThoseOfOneRegion) {
  StopBench bench;
  bench.control("settings", R"({"faults":[{"region":"us-west-2","do":"lose_before"},
                                          {"region":"eu-*","do":"error","code":"Unavailable"}]})");
  const auto ask = [&](const char* region) { return bench.ask("DescribeInstances", {}, region); };
  EXPECT_EQ(ask("us-west-2").delivery, Delivery::kClose);
  EXPECT_EQ(ask("eu-west-1").status, 503);
  EXPECT_EQ(ask("us-east-1").status, 200);
}

}  // namespace
}  // namespace cb::ec2sim
