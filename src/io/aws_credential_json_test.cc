#include "io/aws_credential_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cb::io {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(CredentialJson, IsReadFromEverySource) {
  auto command = parse_credential_json(
      R"({"Version":1,"AccessKeyId":"A","SecretAccessKey":"S","SessionToken":"T",
          "Expiration":"2026-11-23T12:00:00+02:00"})",
      "it");
  ASSERT_TRUE(command);
  EXPECT_EQ(command->keys, (wire::AwsKeys{"A", "S", "T"}));
  EXPECT_EQ(command->expires, parse_iso8601("2026-11-23T10:00:00Z"));
  auto role = parse_credential_json(
      R"({"Code":"Success","AccessKeyId":"A","SecretAccessKey":"S","Token":"T"})", "it");
  ASSERT_TRUE(role);
  EXPECT_EQ(role->keys.session_token, "T");
  EXPECT_EQ(role->expires, std::nullopt);
}

TEST(CredentialJson, AnythingElseIsAnErrorThatQuotesNothing) {
  for (const char* json :
       {"", "hidden", "[]", "{}", R"({"AccessKeyId":"hidden"})",
        R"({"AccessKeyId":1,"SecretAccessKey":"hidden"})",
        R"({"AccessKeyId":"A","SecretAccessKey":"hidden","Expiration":"hidden"})"}) {
    auto set = parse_credential_json(json, "the source");
    ASSERT_FALSE(set) << json;
    EXPECT_THAT(set.error().what, HasSubstr("the source"));
    EXPECT_THAT(set.error().what, Not(HasSubstr("hidden")));
  }
  EXPECT_THAT(parse_credential_json(R"({"Code":"Failed"})", "it").error().what,
              HasSubstr("Failed"));
}

TEST(Expiration, TakesOffsetsAndFractions) {
  const auto ten = parse_iso8601("2026-11-23T10:00:00Z");
  for (const char* text : {"2026-11-23T10:00:00Z", "2026-11-23T10:00:00.123456Z",
                           "2026-11-23T10:00:00+00:00", "2026-11-23T04:30:00.5-05:30"}) {
    EXPECT_EQ(parse_expiration(text), ten) << text;
  }
  for (const char* text : {"", "2026-11-23T10:00:00", "2026-11-23T10:00:00.", "soon",
                           "2026-11-23T10:00:00+0000", "2026-11-23T10:00:00+-1:00"}) {
    EXPECT_EQ(parse_expiration(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace cb::io
