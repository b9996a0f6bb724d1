// CreateFleet: what is launched from which override, and what is told of the rest.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "ec2sim/model/test_bench.h"
#include "ec2sim/model/zones.h"

namespace cb::ec2sim {
namespace {

using Given = std::vector<std::pair<std::string, std::string>>;  // one override
const std::string kTarget = "TargetCapacitySpecification.";

struct FleetBench : TestBench {
  explicit FleetBench(const Settings& settings = exact_settings(), const Form& data = {},
                      ProcessLimits limits = {})
      : TestBench(settings, limits) {
    Form form{{"LaunchTemplateName", "pool"}, {"LaunchTemplateData.ImageId", "ami-1"}};
    for (const auto& [name, value] : data) form.emplace_back("LaunchTemplateData." + name, value);
    const auto made = ask("CreateLaunchTemplate", form);
    EXPECT_EQ(made.status, 200) << made.body;
  }

  HttpAnswer fleet(int target, const std::vector<Given>& overrides, const Form& more = {}) {
    const std::string config = "LaunchTemplateConfigs.1.";
    Form form{{"Type", "instant"},
              {kTarget + "TotalTargetCapacity", std::to_string(target)},
              {config + "LaunchTemplateSpecification.LaunchTemplateName", "pool"},
              {config + "LaunchTemplateSpecification.Version", "$Latest"}};
    for (const auto& one : more) {
      std::erase_if(form, [&](const auto& other) { return other.first == one.first; });
    }
    form.insert(form.end(), more.begin(), more.end());
    int number = 0;
    for (const Given& given : overrides) {
      const std::string prefix = str(config, "Overrides.", ++number, '.');
      for (const auto& [name, value] : given) form.emplace_back(prefix + name, value);
    }
    return ask("CreateFleet", form);
  }

  // How many live in each of what `of` says of an instance.
  template <class Of>
  std::map<std::string, int> count(Of of) {
    std::map<std::string, int> counts;
    for (const Instance& one : service.instances().all()) ++counts[of(one)];
    return counts;
  }
  std::map<std::string, int> types() {
    return count([](const Instance& one) { return one.order.type; });
  }
  std::map<std::string, int> zones() {
    return count([](const Instance& one) { return one.zone; });
  }
};

const Form kSpot{{kTarget + "DefaultTargetCapacityType", "spot"}};
const Given kLarge{{"InstanceType", "c7i.16xlarge"}, {"AvailabilityZone", "us-east-1a"}};
const Given kSmall{{"InstanceType", "c7i.8xlarge"}, {"AvailabilityZone", "us-east-1a"}};

Form with(Form form, const Form& more) {
  form.insert(form.end(), more.begin(), more.end());
  return form;
}

TEST(CreateFleet, TellsWhatItGotAndWhatItDidNot) {
  Settings settings = exact_settings();
  settings.capacity = {{"spot", "c7i.8xlarge", "us-east-1a", 1}};
  FleetBench bench(settings);
  const auto answer = bench.fleet(3, {kLarge, kSmall}, kSpot);
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(bench.types(), (std::map<std::string, int>{{"c7i.16xlarge", 2}, {"c7i.8xlarge", 1}}));
  const std::string errors = text_in(answer.body, "errorCode");
  EXPECT_EQ(errors, "InsufficientInstanceCapacity");
  EXPECT_EQ(text_in(answer.body, "lifecycle"), "spot");
  for (const Instance& one : bench.service.instances().all()) {
    EXPECT_NE(answer.body.find("<item>" + one.id + "</item>"), std::string::npos);
  }
}

TEST(CreateFleet, ItsInstancesCarryTheTagsOfBothAndATokenOfItsOwn) {
  FleetBench bench(exact_settings(), {{"TagSpecification.1.ResourceType", "instance"},
                                      {"TagSpecification.1.Tag.1.Key", "Name"},
                                      {"TagSpecification.1.Tag.1.Value", "dserv-worker"},
                                      {"TagSpecification.1.Tag.2.Key", "pool"},
                                      {"TagSpecification.1.Tag.2.Value", "template's"}});
  const auto answer = bench.fleet(1, {kLarge},
                                  {{"ClientToken", "mine"},
                                   {"TagSpecification.1.ResourceType", "instance"},
                                   {"TagSpecification.1.Tag.1.Key", "pool"},
                                   {"TagSpecification.1.Tag.1.Value", "fleet's"},
                                   {"TagSpecification.2.ResourceType", "fleet"},
                                   {"TagSpecification.2.Tag.1.Key", "only"},
                                   {"TagSpecification.2.Tag.1.Value", "its own"}});
  const std::string id = text_in(answer.body, "fleetId");
  EXPECT_TRUE(id.starts_with("fleet-"));
  const LaunchOrder& order = bench.first().order;
  EXPECT_EQ(order.tags.at("Name"), "dserv-worker");
  EXPECT_EQ(order.tags.at("pool"), "fleet's");
  EXPECT_EQ(order.tags.at("aws:ec2:fleet-id"), id);
  EXPECT_FALSE(order.tags.contains("only"));
  EXPECT_EQ(order.client_token, id + "-0");
  EXPECT_FALSE(order.spot);
}

TEST(CreateFleet, ATokenGivesTheSameFleet) {
  FleetBench bench;
  const Form token = with(kSpot, {{"ClientToken", "t"}});
  const auto first = bench.fleet(2, {kLarge}, token);
  bench.ask("DeleteLaunchTemplate", {{"LaunchTemplateName", "pool"}});
  const auto again = bench.fleet(2, {kLarge}, token);
  EXPECT_EQ(text_in(again.body, "fleetId"), text_in(first.body, "fleetId"));
  EXPECT_EQ(text_in(again.body, "fleetInstanceSet"), text_in(first.body, "fleetInstanceSet"));
  EXPECT_EQ(bench.service.instances().all().size(), 2u);
  EXPECT_EQ(code_of(bench.fleet(3, {kLarge}, token)), "IdempotentParameterMismatch");
}

TEST(CreateFleet, ARepeatMayBeToldNoInstances) {
  Settings settings = exact_settings();
  settings.bare_fleet_repeats = true;
  FleetBench bench(settings);
  const Form token = with(kSpot, {{"ClientToken", "t"}});
  const auto first = bench.fleet(1, {kLarge}, token);
  const auto again = bench.fleet(1, {kLarge}, token);
  EXPECT_NE(first.body.find("instanceIds"), std::string::npos);
  EXPECT_EQ(text_in(again.body, "fleetId"), text_in(first.body, "fleetId"));
  EXPECT_EQ(again.body.find("instanceIds"), std::string::npos);
  EXPECT_EQ(bench.service.instances().all().size(), 1u);
}

TEST(CreateFleet, RefusesWhatEc2Refuses) {
  const std::string specification = "LaunchTemplateConfigs.1.LaunchTemplateSpecification.";
  const std::vector<std::pair<Form, std::string>> all{
      {{{"Type", "maintain"}}, "UnsupportedOperation"},
      {{{"Type", "request"}}, "UnsupportedOperation"},
      {{{kTarget + "TotalTargetCapacity", "0"}}, "InvalidParameterValue"},
      {{{kTarget + "TotalTargetCapacity", "10001"}}, "InvalidParameterValue"},
      {{{kTarget + "SpotTargetCapacity", "2"}}, "InvalidParameterValue"},
      {{{kTarget + "SpotTargetCapacity", "9223372036854775807"},
        {kTarget + "OnDemandTargetCapacity", "9223372036854775807"}},
       "InvalidParameterValue"},
      {{{kTarget + "DefaultTargetCapacityType", "capacity-block"}}, "UnsupportedOperation"},
      {{{"OnDemandOptions.AllocationStrategy", "price-capacity-optimized"}},
       "InvalidParameterValue"},
      {{{"SpotOptions.AllocationStrategy", "prioritized"}}, "InvalidParameterValue"},
      {{{"SpotOptions.InstanceInterruptionBehavior", "stop"}}, "UnsupportedOperation"},
      {{{"OnDemandOptions.MinTargetCapacity", "1"}}, "InvalidParameterCombination"},
      {{{specification + "LaunchTemplateName", "none"}},
       "InvalidLaunchTemplateName.NotFoundException"},
      {{{specification + "LaunchTemplateName", "pool"},
        {specification + "LaunchTemplateId", "lt-1"}},
       "InvalidParameterCombination"},
      {{{specification + "Version", "7"}}, "InvalidLaunchTemplateId.VersionNotFound"},
      {{{"LaunchTemplateConfigs.1.Overrides.1.WeightedCapacity", "2"}}, "UnsupportedOperation"},
      {{{"LaunchTemplateConfigs.1.Overrides.1.Priority", "first"}}, "InvalidParameterValue"},
      {{{"TagSpecification.1.ResourceType", "launch-template"}}, "InvalidParameterValue"},
      {{{"ClientToken", std::string(65, 'a')}}, "InvalidParameterValue"},
      {{{"DryRun", "true"}}, "DryRunOperation"},
  };
  FleetBench bench;
  for (const auto& [form, code] : all) {
    EXPECT_EQ(code_of(bench.fleet(1, {kLarge}, form)), code)
        << form[0].first << '=' << form[0].second;
  }
  EXPECT_EQ(code_of(bench.fleet(1, {kLarge, kLarge})), "InvalidFleetConfig");
  EXPECT_EQ(code_of(bench.ask("CreateFleet", {{"Type", "instant"}})), "MissingParameter");
  EXPECT_TRUE(bench.service.instances().all().empty());
}

TEST(CreateFleet, WhatIsWrongWithOneOverrideIsItsErrorAlone) {
  FleetBench bench;
  const Given nowhere{{"InstanceType", "c7i.8xlarge"}, {"SubnetId", "subnet-1"}};
  const auto answer = bench.fleet(1, {nowhere, kLarge});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(text_in(answer.body, "errorCode"), "InvalidSubnetID.NotFound");
  EXPECT_EQ(text_in(answer.body, "subnetId"), "subnet-1");
  EXPECT_EQ(bench.types(), (std::map<std::string, int>{{"c7i.16xlarge", 1}}));
}

TEST(CreateFleet, ASubnetOfAnOverrideGoesToTheTemplatesInterface) {
  FleetBench bench(exact_settings(), {{"NetworkInterface.1.DeviceIndex", "0"},
                                      {"NetworkInterface.1.AssociatePublicIpAddress", "false"}});
  bench.fleet(1, {{{"InstanceType", "c7i.large"}, {"SubnetId", subnet_of("us-east-1c")}}});
  EXPECT_EQ(bench.first().zone, "us-east-1c");
  EXPECT_FALSE(bench.first().order.public_address);
}

TEST(CreateFleet, ATemplateWithAMarketLaunchesNothingOnDemand) {
  FleetBench bench(exact_settings(), {{"InstanceMarketOptions.MarketType", "spot"}});
  const auto answer = bench.fleet(1, {kLarge});
  EXPECT_EQ(text_in(answer.body, "errorCode"), "InvalidParameterCombination");
  EXPECT_TRUE(bench.service.instances().all().empty());
}

TEST(CreateFleet, QuotasAreErrorsOfTheOverrides) {
  Settings settings = exact_settings();
  settings.spot_vcpus = 64;
  settings.on_demand_vcpus = 0;
  FleetBench bench(settings);
  const auto spot = bench.fleet(2, {kLarge}, kSpot);
  EXPECT_EQ(text_in(spot.body, "errorCode"), "MaxSpotInstanceCountExceeded");
  EXPECT_EQ(bench.service.instances().all().size(), 1u);
  EXPECT_EQ(text_in(bench.fleet(1, {kLarge}).body, "errorCode"), "VcpuLimitExceeded");
}

TEST(CreateFleet, AddressesThatAreAllInUseAreAnErrorOfTheOverride) {
  FleetBench bench(exact_settings(), {}, {.processes = false});
  for (int i = 0; i < 6; ++i) bench.fleet(10'000, {kLarge});
  const auto last = bench.fleet(10'000, {kLarge});
  EXPECT_EQ(text_in(last.body, "errorCode"), "InsufficientFreeAddressesInSubnet");
  EXPECT_EQ(bench.service.instances().all().size(), 65'024u);
  EXPECT_EQ(code_of(bench.launch()), "InsufficientFreeAddressesInSubnet");
}

TEST(CreateFleet, AMarketMayHaveItsPart) {
  FleetBench bench;
  bench.fleet(3, {kLarge}, with(kSpot, {{kTarget + "OnDemandTargetCapacity", "1"}}));
  const auto markets =
      bench.count([](const Instance& one) { return one.order.spot ? "spot" : "on-demand"; });
  EXPECT_EQ(markets, (std::map<std::string, int>{{"on-demand", 1}, {"spot", 2}}));
}

TEST(CreateFleet, FewerThanTheLeastAreNotLaunched) {
  Settings settings = exact_settings();
  settings.capacity = {{"", "", "", 2}};
  FleetBench bench(settings);
  const Form least = with(
      kSpot, {{"SpotOptions.SingleInstanceType", "true"}, {"SpotOptions.MinTargetCapacity", "3"}});
  const auto answer = bench.fleet(4, {kLarge, kSmall}, least);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(text_in(answer.body, "errorCode"), "InsufficientInstanceCapacity");
  EXPECT_TRUE(bench.service.instances().all().empty());
  bench.service.settings().capacity.clear();
  bench.fleet(4, {kLarge, kSmall}, least);
  EXPECT_EQ(bench.types().size(), 1u);
  EXPECT_EQ(bench.service.instances().all().size(), 4u);
}

TEST(CreateFleet, ASingleZoneIsTheOneThatHasEnough) {
  Settings settings = exact_settings();
  settings.capacity = {{"", "", "us-east-1a", 1}, {"", "", "us-east-1b", 1}};
  FleetBench bench(settings);
  bench.fleet(2, {{{"InstanceType", "c7i.16xlarge"}}},
              with(kSpot, {{"SpotOptions.SingleAvailabilityZone", "true"},
                           {"SpotOptions.MinTargetCapacity", "2"}}));
  EXPECT_EQ(bench.zones(), (std::map<std::string, int>{{"us-east-1c", 2}}));
}

TEST(CreateFleet, EachStrategyHasItsOrder) {
  Settings settings = exact_settings();
  settings.prices = {{"c7i.16xlarge", {Money{2'000'000}, Money{500'000}}},
                     {"c7i.8xlarge", {Money{1'000'000}, Money{600'000}}}};
  settings.capacity = {{"spot", "c7i.16xlarge", "", 1}};
  const auto first_type = [&](const std::string& options, const std::string& strategy, int target) {
    FleetBench bench(settings);
    Given large = kLarge;
    large.emplace_back("Priority", "1.0");
    Form form{{options + ".AllocationStrategy", strategy}};
    if (options == "SpotOptions") form = with(form, kSpot);
    const auto answer = bench.fleet(target, {kSmall, large}, form);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return bench.first().order.type;
  };
  EXPECT_EQ(first_type("SpotOptions", "lowest-price", 2), "c7i.16xlarge");
  EXPECT_EQ(first_type("SpotOptions", "price-capacity-optimized", 1), "c7i.16xlarge");
  EXPECT_EQ(first_type("SpotOptions", "price-capacity-optimized", 2), "c7i.8xlarge");
  EXPECT_EQ(first_type("SpotOptions", "capacity-optimized-prioritized", 1), "c7i.16xlarge");
  EXPECT_EQ(first_type("OnDemandOptions", "lowest-price", 2), "c7i.8xlarge");
  EXPECT_EQ(first_type("OnDemandOptions", "prioritized", 2), "c7i.16xlarge");
}

TEST(CreateFleet, ADiversifiedFleetTakesOfEachPool) {
  FleetBench bench;
  bench.fleet(4, {kLarge, {{"InstanceType", "m7i.large"}}},
              with(kSpot, {{"SpotOptions.AllocationStrategy", "diversified"}}));
  EXPECT_EQ(bench.types(), (std::map<std::string, int>{{"c7i.16xlarge", 1}, {"m7i.large", 3}}));
  EXPECT_EQ(bench.zones(),
            (std::map<std::string, int>{{"us-east-1a", 2}, {"us-east-1b", 1}, {"us-east-1c", 1}}));
}

TEST(CreateFleet, ALaunchThatARuleRefusesIsAnErrorOfItsOverride) {
  FleetBench bench;
  bench.control("settings", R"({"fates":[{"do":"refused","type":"c7i.16xlarge",
      "code":"AuthFailure.ServiceLinkedRoleCreationNotPermitted","next":1}]})");
  const auto answer = bench.fleet(1, {kLarge}, kSpot);
  EXPECT_EQ(text_in(answer.body, "errorCode"), "AuthFailure.ServiceLinkedRoleCreationNotPermitted");
  EXPECT_TRUE(bench.service.instances().all().empty());
  bench.fleet(1, {kLarge}, kSpot);
  EXPECT_EQ(bench.service.instances().all().size(), 1u);
}

TEST(RunInstances, MayBeRefusedByARule) {
  TestBench bench;
  bench.control("settings", R"({"fates":[{"do":"refused","market":"on-demand"}]})");
  EXPECT_EQ(code_of(bench.launch()), "InsufficientInstanceCapacity");
  EXPECT_EQ(bench.launch({{"InstanceMarketOptions.MarketType", "spot"}}).status, 200);
}

TEST(CreateFleet, AMaximumPriceIsThatOfTheZone) {
  Settings settings = exact_settings();
  settings.prices = {{"c7i.16xlarge", {Money{2'000'000}, Money{500'000}}}};
  FleetBench bench(settings);
  const auto bid = [&](const char* price) {
    Given large = kLarge;
    large.emplace_back("MaxPrice", price);
    return text_in(bench.fleet(1, {large}, kSpot).body, "errorCode");
  };
  EXPECT_EQ(bid("0.49"), "SpotMaxPriceTooLow");
  EXPECT_EQ(bid("0.50"), "");
}

}  // namespace
}  // namespace cb::ec2sim
