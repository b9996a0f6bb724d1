// DescribeInstances' filters and pages.

#include "ec2sim/calls/listing.h"

#include <gtest/gtest.h>

#include "ec2sim/calls/filters.h"
#include "ec2sim/model/test_bench.h"

namespace cb::ec2sim {
namespace {

int count_of(const std::string& xml, const std::string& element) {
  int count = 0;
  const std::string open = '<' + element + '>';
  for (std::size_t at = xml.find(open); at != std::string::npos; at = xml.find(open, at + 1)) {
    ++count;
  }
  return count;
}

int listed(TestBench& bench, const Form& form) {
  return count_of(bench.ask("DescribeInstances", form).body, "instanceId");
}

Form filter(const std::string& name, const std::vector<std::string>& values) {
  Form form{{"Filter.1.Name", name}};
  for (std::size_t i = 0; i < values.size(); ++i) {
    form.emplace_back(str("Filter.1.Value.", i + 1), values[i]);
  }
  return form;
}

TEST(Filters, EachLooksAtItsOwnField) {
  TestBench bench;
  bench.launch({{"ClientToken", "t"},
                {"KeyName", "dserv-workers"},
                {"InstanceMarketOptions.MarketType", "spot"},
                {"TagSpecification.1.ResourceType", "instance"},
                {"TagSpecification.1.Tag.1.Key", "Name"},
                {"TagSpecification.1.Tag.1.Value", "dserv-worker"}});
  bench.launch();
  bench.pass(seconds{2});
  const Instance& one = bench.first();
  const std::vector<std::pair<std::string, std::string>> fields{
      {"instance-id", one.id},
      {"client-token", "t"},
      {"key-name", "dserv-workers"},
      {"instance-lifecycle", "spot"},
      {"tag:Name", "dserv-worker"},
      {"tag-key", "Name"},
      {"ip-address", "127.70.0.1"},
      {"private-ip-address", "127.70.0.1"},
      {"reservation-id", one.reservation},
      {"spot-instance-request-id", one.spot_request}};
  for (const auto& [name, value] : fields) {
    EXPECT_EQ(listed(bench, filter(name, {value})), 1) << name;
    EXPECT_EQ(listed(bench, filter(name, {"something else"})), 0) << name;
  }
  for (const std::string name : {"instance-state-name", "instance-type", "image-id", "owner-id"}) {
    EXPECT_EQ(listed(bench, filter(name, {"*"})), 2) << name;
  }
}

TEST(Filters, AnyValueOfAFilterAndEveryFilterMustMatch) {
  TestBench bench;
  bench.launch();
  bench.pass(seconds{2});
  bench.launch();
  EXPECT_EQ(listed(bench, filter("instance-state-name", {"pending", "running"})), 2);
  Form both = filter("instance-state-name", {"running"});
  both.insert(both.end(), {{"Filter.2.Name", "instance-type"}, {"Filter.2.Value.1", "c7i.*"}});
  EXPECT_EQ(listed(bench, both), 1);
}

TEST(Filters, AnUnknownOneIsRefusedAlsoWhenThereIsNothingToList) {
  TestBench bench;
  EXPECT_EQ(code_of(bench.ask("DescribeInstances", filter("colour", {"red"}))),
            "InvalidParameterValue");
}

TEST(Filters, StarsAndQuestionMarksMatchAsInEc2) {
  EXPECT_TRUE(matches_filter("*", ""));
  EXPECT_TRUE(matches_filter("c?i.*xlarge", "c7i.16xlarge"));
  EXPECT_TRUE(matches_filter("*a*b", "xxaxxbxb"));
  EXPECT_FALSE(matches_filter("*a*b", "xxbxxa"));
  EXPECT_FALSE(matches_filter("c?i", "ci"));
  EXPECT_FALSE(matches_filter("", "x"));
}

TEST(Pages, TogetherShowEachInstanceOnce) {
  TestBench bench;
  bench.launch({{"MinCount", "12"}, {"MaxCount", "12"}});
  Form form{{"MaxResults", "5"}};
  std::vector<int> sizes;
  for (;;) {
    const std::string xml = bench.ask("DescribeInstances", form).body;
    sizes.push_back(count_of(xml, "instanceId"));
    const std::string token = text_in(xml, "nextToken");
    if (token.empty()) break;
    form = {{"MaxResults", "5"}, {"NextToken", token}};
  }
  EXPECT_EQ(sizes, (std::vector<int>{5, 5, 2}));
}

TEST(Pages, BadSizesAndTokensAreRefused) {
  TestBench bench;
  const auto code = [&](const Form& form) { return code_of(bench.ask("DescribeInstances", form)); };
  EXPECT_EQ(code({{"MaxResults", "4"}}), "InvalidParameterValue");
  EXPECT_EQ(code({{"MaxResults", "1001"}}), "InvalidParameterValue");
  EXPECT_EQ(code({{"NextToken", "bm9uc2Vuc2U="}}), "InvalidPaginationToken");
  EXPECT_EQ(code({{"MaxResults", "5"}, {"InstanceId.1", "i-0123456789abcdef0"}}),
            "InvalidParameterCombination");
}

TEST(Ids, AreFoundOrNamedInTheError) {
  TestBench bench;
  bench.launch();
  EXPECT_EQ(listed(bench, {{"InstanceId.1", bench.first_id()}}), 1);
  EXPECT_EQ(code_of(bench.ask("DescribeInstances", {{"InstanceId.1", "i-nonsense"}})),
            "InvalidInstanceID.Malformed");
  const auto missing = bench.ask("DescribeInstances", {{"InstanceId.1", "i-0123456789abcdef0"}});
  EXPECT_EQ(text_in(missing.body, "Message"),
            "The instance ID 'i-0123456789abcdef0' does not exist");
}

TEST(Reservations, HoldTheInstancesOfOneLaunch) {
  TestBench bench;
  bench.launch({{"MinCount", "2"}, {"MaxCount", "2"}});
  bench.launch();
  EXPECT_EQ(count_of(bench.ask("DescribeInstances").body, "reservationId"), 2);
}

}  // namespace
}  // namespace cb::ec2sim
