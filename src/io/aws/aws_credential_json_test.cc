#include "io/aws/aws_credential_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"

namespace cb::io {
namespace {

using testing::HasSubstr;
using testing::Not;
using enum CredentialJson;

TEST(CredentialJson, IsReadFromEverySource) {
  auto command = parse_credential_json(
      kCommand,
      R"({"Version":1,"AccessKeyId":"A","SecretAccessKey":"S\n","SessionToken":"T","Token":"not it",
          "Expiration":"2026-11-23T12:00:00+02:00"})",
      "it");
  ASSERT_TRUE(command);
  EXPECT_EQ(command->keys, (wire::AwsKeys{"A", "S", "T"}));
  EXPECT_EQ(command->expires, parse_iso8601("2026-11-23T10:00:00Z"));
  auto role = parse_credential_json(
      kMachine,
      R"({"Code":"Success","AccessKeyId":"A","SecretAccessKey":"S","Token":"T",
          "SessionToken":"not it","Expiration":null})",
      "it");
  ASSERT_TRUE(role);
  EXPECT_EQ(role->keys.session_token, "T");
  EXPECT_EQ(role->expires, std::nullopt);
}

TEST(CredentialJson, AnythingElseIsAnErrorThatQuotesNothing) {
  for (const char* json :
       {"", "hidden", "[]", "{}", R"({"AccessKeyId":"hidden"})",
        R"({"AccessKeyId":1,"SecretAccessKey":"hidden"})",
        R"({"AccessKeyId":"A","SecretAccessKey":["hidden"]})",
        R"({"AccessKeyId":"A","SecretAccessKey":"hidden","Token":7})",
        R"({"AccessKeyId":"A","SecretAccessKey":"hidden","Token":"hid den"})",
        R"({"AccessKeyId":"A","SecretAccessKey":"hidden","Code":7})",
        R"({"AccessKeyId":"A","SecretAccessKey":"hidden","Expiration":1798761600})",
        R"({"AccessKeyId":"A","SecretAccessKey":"hidden","Expiration":"hidden"})"}) {
    auto set = parse_credential_json(kMachine, json, "the source");
    ASSERT_FALSE(set) << json;
    EXPECT_THAT(set.error().what, HasSubstr("the source"));
    EXPECT_THAT(set.error().what, Not(HasSubstr("hid")));
  }
}

TEST(CredentialJson, ACommandHasToSayVersionOne) {
  for (const char* version : {"", R"("Version":2,)", R"("Version":"1",)", R"("Version":null,)"}) {
    auto set = parse_credential_json(
        kCommand, str("{", version, R"("AccessKeyId":"A","SecretAccessKey":"S"})"), "it");
    ASSERT_FALSE(set) << version;
    EXPECT_THAT(set.error().what, HasSubstr("\"Version\": 1"));
  }
}

TEST(CredentialJson, WhatAMachineRefusesIsSaid) {
  EXPECT_EQ(parse_credential_json(kMachine, R"({"Code":"Failed","Message":"no trust"})", "it")
                .error()
                .what,
            "it answers Failed: no trust");
}

TEST(Expiration, TakesTheFormsThatAwsToolsTake) {
  const auto ten = parse_iso8601("2026-11-23T10:00:00Z");
  for (const char* text :
       {"2026-11-23T10:00:00Z", "2026-11-23T10:00:00.123456Z", "2026-11-23T10:00:00,5Z",
        "2026-11-23T10:00:00+00:00", "2026-11-23T04:30:00.5-05:30", "2026-11-23 10:00:00+00:00",
        "2026-11-23T10:00:00+00", "2026-11-23t10:00:00z", "2026-11-23T10:00Z",
        "2026-11-23T12:00:00+0200", "2026-11-23 10:00:00 UTC", "20261123T100000Z",
        "20261123T1000+00", " 2026-11-23T10:00:00Z\n", "Mon, 23 Nov 2026 10:00:00 GMT"}) {
    EXPECT_EQ(parse_expiration(text), ten) << text;
  }
}

TEST(Expiration, WithoutAZoneOrInAnyOtherFormItIsNone) {
  for (const char* text :
       {"", "soon", "2026-11-23T10:00:00", "2026-11-23T10:00:00.", "2026-11-23T10:00:00.Z",
        "2026-11-23T10:00:00+-1:00", "2026-11-23T10:00:00+1", "2026-11-23T10:00:00+02:0",
        "2026-11-23T10:00:00+24:00", "2026-11-23T10:00:00+00:60", "2026-11-23T10:0000Z",
        "2026-11-23Z", "2026-13-23T10:00:00Z", "2026-11-31T10:00:00Z", "2026-1123T10:00:00Z",
        "1798761600", "2026-11-23T10:00:00Zulu", "2026-11-23T25:00:00Z"}) {
    EXPECT_EQ(parse_expiration(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace cb::io
