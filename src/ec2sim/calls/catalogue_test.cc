// What exists in a region, and what it costs.

#include "ec2sim/calls/catalogue.h"

#include <gtest/gtest.h>

#include <set>

#include "ec2sim/model/instance_types.h"
#include "ec2sim/model/prices.h"
#include "ec2sim/model/test_bench.h"
#include "ec2sim/model/zones.h"

namespace cb::ec2sim {
namespace {

// The text of every <name> in `xml`, in order.
std::vector<std::string> texts_in(std::string xml, const std::string& name) {
  std::vector<std::string> all;
  const std::string open = '<' + name + '>';
  for (std::size_t at; (at = xml.find(open)) != std::string::npos;) {
    xml = xml.substr(at + open.size());
    all.push_back(xml.substr(0, xml.find('<')));
  }
  return all;
}

Form filtered(const std::string& name, const std::string& value) {
  return {{"Filter.1.Name", name}, {"Filter.1.Value.1", value}};
}

TEST(DescribeSubnets, TheyAreThoseThatLaunchesTake) {
  TestBench bench;
  const auto ids = texts_in(bench.ask("DescribeSubnets").body, "subnetId");
  ASSERT_EQ(ids.size(), 3u);
  for (const std::string& id : ids) EXPECT_EQ(bench.launch({{"SubnetId", id}}).status, 200);
}

TEST(DescribeSubnets, EachFilterLooksAtItsOwnField) {
  TestBench bench;
  const auto found = [&](const std::string& name, const std::string& value) {
    return texts_in(bench.ask("DescribeSubnets", filtered(name, value)).body, "subnetId");
  };
  const std::vector<std::string> one{subnet_of("us-east-1b")};
  EXPECT_EQ(found("availability-zone", "us-east-1b"), one);
  EXPECT_EQ(found("availability-zone-id", "use1-az2"), one);
  EXPECT_EQ(found("subnet-id", one[0]), one);
  EXPECT_EQ(found("default-for-az", "true").size(), 3u);
  EXPECT_EQ(found("default-for-az", "false").size(), 0u);
  EXPECT_EQ(found("vpc-id", vpc_of("us-east-1")).size(), 3u);
  EXPECT_EQ(found("vpc-id", vpc_of("eu-west-1")).size(), 0u);
  EXPECT_EQ(found("tag:Name", "*").size(), 0u);
  EXPECT_EQ(code_of(bench.ask("DescribeSubnets", filtered("color", "red"))),
            "InvalidParameterValue");
  EXPECT_EQ(code_of(bench.ask("DescribeSubnets", {{"SubnetId.1", "subnet-1"}})),
            "InvalidSubnetID.NotFound");
}

TEST(DescribeAvailabilityZones, AreThoseOfTheRegion) {
  TestBench bench;
  const auto names = [&](const Form& form) {
    return texts_in(bench.ask("DescribeAvailabilityZones", form, "eu-west-1").body, "zoneName");
  };
  EXPECT_EQ(names({}), (std::vector<std::string>{"eu-west-1a", "eu-west-1b", "eu-west-1c"}));
  EXPECT_EQ(names({{"ZoneId.1", "euw1-az2"}}), std::vector<std::string>{"eu-west-1b"});
  EXPECT_EQ(names(filtered("zone-name", "*c")), std::vector<std::string>{"eu-west-1c"});
  EXPECT_EQ(code_of(bench.ask("DescribeAvailabilityZones", {{"ZoneName.1", "eu-west-1a"}})),
            "InvalidParameterValue");
}

TEST(DescribeInstanceTypes, TellsWhatATypeIs) {
  TestBench bench;
  const std::string xml =
      bench.ask("DescribeInstanceTypes", {{"InstanceType.1", "r7i.4xlarge"}}).body;
  EXPECT_EQ(text_in(xml, "defaultVCpus"), "16");
  EXPECT_EQ(text_in(xml, "defaultCores"), "8");
  EXPECT_EQ(text_in(xml, "sizeInMiB"), "131072");
  EXPECT_EQ(text_in(xml, "supportedArchitectures"), "<item>x86_64");
  EXPECT_EQ(code_of(bench.ask("DescribeInstanceTypes", {{"InstanceType.1", "c7i.7xlarge"}})),
            "InvalidInstanceType");
}

TEST(DescribeInstanceTypes, FindsThemByNeed) {
  TestBench bench;
  const auto found = [&](const Form& form) {
    return texts_in(bench.ask("DescribeInstanceTypes", form).body, "instanceType");
  };
  Form need = filtered("vcpu-info.default-vcpus", "64");
  need.insert(need.end(), {{"Filter.2.Name", "processor-info.supported-architecture"},
                           {"Filter.2.Value.1", "arm64"}});
  EXPECT_EQ(found(need), (std::vector<std::string>{"c6g.16xlarge", "c7g.16xlarge", "c8g.16xlarge",
                                                   "m7g.16xlarge"}));
  EXPECT_EQ(found(filtered("memory-info.size-in-mib", "512")),
            (std::vector<std::string>{"t3.nano", "t4g.nano"}));
}

TEST(DescribeInstanceTypes, PagesShowEachTypeOnce) {
  TestBench bench;
  std::vector<std::string> all;
  Form form{{"MaxResults", "40"}};
  int pages = 0;
  for (bool more = true; more; ++pages) {
    const std::string xml = bench.ask("DescribeInstanceTypes", form).body;
    const auto page = texts_in(xml, "instanceType");
    all.insert(all.end(), page.begin(), page.end());
    const std::string token = text_in(xml, "nextToken");
    more = !token.empty();
    form = {{"MaxResults", "40"}, {"NextToken", token}};
  }
  EXPECT_EQ(all, known_types());
  EXPECT_EQ(pages, 1 + int(all.size() - 1) / 40);
  EXPECT_EQ(code_of(bench.ask("DescribeInstanceTypes", {{"MaxResults", "101"}})),
            "InvalidParameterValue");
  EXPECT_EQ(code_of(bench.ask("DescribeInstanceTypes", {{"NextToken", "x"}})),
            "InvalidPaginationToken");
}

TEST(DescribeInstanceTypes, OnlyThoseThatTheSettingsOffer) {
  Settings settings = exact_settings();
  settings.instance_types = {"c7i.16xlarge", "t3.*"};
  TestBench bench(settings);
  EXPECT_EQ(texts_in(bench.ask("DescribeInstanceTypes").body, "instanceType").size(), 8u);
  const auto offered =
      bench.ask("DescribeInstanceTypeOfferings", {{"LocationType", "availability-zone"},
                                                  {"Filter.1.Name", "instance-type"},
                                                  {"Filter.1.Value.1", "c7i.*"}});
  EXPECT_EQ(texts_in(offered.body, "location"),
            (std::vector<std::string>{"us-east-1a", "us-east-1b", "us-east-1c"}));
  EXPECT_EQ(text_in(bench.ask("DescribeInstanceTypeOfferings").body, "location"), "us-east-1");
}

TEST(DescribeSpotPriceHistory, BeginsWithThePriceThatALaunchPays) {
  TestBench bench;
  bench.launch({{"InstanceMarketOptions.MarketType", "spot"}});
  const Instance& one = bench.first();
  const std::string now = ec2_time(bench.now.wall);
  const auto answer = bench.ask("DescribeSpotPriceHistory", {{"InstanceType.1", one.order.type},
                                                             {"AvailabilityZone", one.zone},
                                                             {"StartTime", now},
                                                             {"EndTime", now}});
  const auto prices = texts_in(answer.body, "spotPrice");
  ASSERT_EQ(prices.size(), 1u) << answer.body;
  EXPECT_EQ(Money{std::int64_t(std::stod(prices[0]) * 1e6 + 0.5)}, one.hourly);
}

TEST(DescribeSpotPriceHistory, TellsTheChangesOfAPeriodTheNewestFirst) {
  TestBench bench;
  const auto answer = bench.ask(
      "DescribeSpotPriceHistory",
      {{"InstanceType.1", "c7i.16xlarge"},
       {"AvailabilityZone", "us-east-1a"},
       {"StartTime", ec2_time(bench.now.wall - std::chrono::hours{24}).insert(20, "123")}});
  auto times = texts_in(answer.body, "timestamp");
  EXPECT_EQ(times.size(), 5u) << "one every 6 hours, and the one at the start";
  EXPECT_TRUE(std::is_sorted(times.rbegin(), times.rend()));
}

TEST(DescribeSpotPriceHistory, ZonesDifferUnlessTheSettingsSayThePrice) {
  TestBench bench;
  const auto prices = [&] {
    const auto all = texts_in(
        bench
            .ask("DescribeSpotPriceHistory",
                 {{"InstanceType.1", "c7i.16xlarge"}, {"StartTime", ec2_time(bench.now.wall)}})
            .body,
        "spotPrice");
    EXPECT_EQ(all.size(), 3u);
    return std::set<std::string>(all.begin(), all.end());
  };
  EXPECT_GT(prices().size(), 1u);
  for (const std::string& price : prices()) EXPECT_NEAR(std::stod(price), 0.9996, 0.1);
  bench.control("settings", R"({"prices":{"c7i.16xlarge":{"on_demand":2,"spot":0.75}}})");
  EXPECT_EQ(prices(), std::set<std::string>{"0.750000"});
}

TEST(DescribeSpotPriceHistory, RefusesWhatDoesNotExist) {
  TestBench bench;
  const auto code = [&](const Form& form) {
    return code_of(bench.ask("DescribeSpotPriceHistory", form));
  };
  EXPECT_EQ(code({{"StartTime", "yesterday"}}), "InvalidParameterValue");
  EXPECT_EQ(code({{"AvailabilityZone", "eu-west-1a"}}), "InvalidParameterValue");
  EXPECT_EQ(code({{"InstanceType.1", "c7i.7xlarge"}}), "InvalidParameterValue");
  EXPECT_EQ(code({{"DryRun", "true"}}), "DryRunOperation");
  const auto windows = bench.ask("DescribeSpotPriceHistory", {{"ProductDescription.1", "Windows"}});
  EXPECT_TRUE(texts_in(windows.body, "spotPrice").empty());
}

}  // namespace
}  // namespace cb::ec2sim
