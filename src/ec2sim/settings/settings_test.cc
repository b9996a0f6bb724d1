// Settings as people write them.

#include "ec2sim/settings/settings.h"

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fstream>
#include <sstream>

namespace cb::ec2sim {
namespace {

namespace json = boost::json;

std::string error_of(const char* changes) {
  Settings settings;
  const Status done = apply(settings, json::parse(changes));
  return done ? "" : done.error().what;
}

TEST(Settings, RangesAreOneLengthOrTwo) {
  Settings settings;
  ASSERT_TRUE(apply(settings, json::parse(R"({"pending":"2s","boot":"1s..90s"})")));
  EXPECT_EQ(settings.pending.most, std::chrono::seconds{2});
  EXPECT_EQ(settings.boot.least, std::chrono::seconds{1});
  EXPECT_EQ(settings.boot.most, std::chrono::seconds{90});
}

TEST(Settings, WhatIsShownCanBeReadBack) {
  Settings settings;
  ASSERT_TRUE(apply(settings, json::parse(R"({
    "service": "forever", "clock_offset": "-10m", "spot_vcpus": 128,
    "faults": [{"action":"RunInstances","do":"slow","delay":"1s..2s","percent":10,"next":3}],
    "fates": [{"do":"no_address","market":"spot","lasts":"10s"}],
    "capacity": [{"type":"c7i.16xlarge","instances":2}],
    "prices": {"c7i.16xlarge":{"on_demand":2.5,"spot":0.75}}})")));
  json::object shown = to_json(settings);
  shown.erase("access_keys");  // their secrets are not shown
  Settings other;
  const Status done = apply(other, shown);
  ASSERT_TRUE(done) << done.error().what;
  EXPECT_EQ(to_json(other), to_json(settings));
  EXPECT_EQ(other.service.least, kNever);
  EXPECT_EQ(other.clock_offset.value, std::chrono::minutes{-10});
  EXPECT_EQ(other.faults.at(0).chance.next, 3);
  EXPECT_EQ(other.prices.at("c7i.16xlarge").spot_hourly, Money{750'000});
}

TEST(Settings, AnErrorNamesTheSettingAndWhatItWants) {
  EXPECT_EQ(error_of(R"({"colour":"red"})"),
            "There is no setting \"colour\"; see --help for their names.");
  EXPECT_EQ(error_of(R"({"pending":5})"),
            "The setting \"pending\" wants a range such as \"2s..4s\", not 5.");
  EXPECT_NE(error_of(R"({"listing_lag":"-1s"})").find("a duration"), std::string::npos);
  EXPECT_NE(error_of(R"({"clock_offset":"forever"})").find("a difference"), std::string::npos);
  EXPECT_NE(error_of(R"({"pending":"4s..2s"})").find("first end"), std::string::npos);
  EXPECT_NE(error_of(R"({"faults":[{"do":"explode"}]})").find("lose_before"), std::string::npos);
  EXPECT_NE(error_of(R"({"faults":[{"percent":101}]})").find("0 to 100"), std::string::npos);
  EXPECT_NE(error_of(R"({"fates":[{"action":"x"}]})").find("only the fields"), std::string::npos);
}

TEST(Settings, ABadValueChangesNothingAtAll) {
  Settings settings;
  EXPECT_FALSE(apply(settings, json::parse(R"({"account":"1","pending":"never"})")));
  EXPECT_EQ(settings.account, "123456789012");
}

TEST(Settings, AnAssignmentTakesTextOrJson) {
  Settings settings;
  for (const char* one : {"pending=7s", "spot_vcpus=64", "throttling=false", "zones=[\"a\"]",
                          "account=210987654321"}) {
    EXPECT_TRUE(apply_assignment(settings, one)) << one;
  }
  EXPECT_EQ(settings.pending.least, std::chrono::seconds{7});
  EXPECT_EQ(settings.spot_vcpus, 64);
  EXPECT_FALSE(settings.throttling);
  EXPECT_EQ(settings.account, "210987654321");
  EXPECT_FALSE(apply_assignment(settings, "pending"));
}

TEST(Settings, SecretsAreNotShown) {
  Settings settings;
  settings.access_keys["id"] = {"hush", "token"};
  EXPECT_EQ(json::serialize(to_json(settings)).find("hush"), std::string::npos);
}

TEST(Settings, EachStandsInTheDocumentationWithItsExplanation) {
  std::ifstream file(SOURCE_DIR "/docs/ec2sim.md");
  std::stringstream text;
  text << file.rdbuf();
  for (const auto& [name, help] : settings_help()) {
    const std::size_t row = text.str().find("\n| `" + std::string(name) + "` |");
    ASSERT_NE(row, std::string::npos) << name;
    if (name == "faults" || name == "fates") continue;  // have tables of their own
    const std::string line = text.str().substr(row + 1, text.str().find('\n', row + 1) - row - 1);
    EXPECT_NE(line.find(help), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace cb::ec2sim
