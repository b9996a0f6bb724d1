#include "wire/aws_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cb::wire {
namespace {

using testing::HasSubstr;
using testing::Not;

AwsProfiles parse(std::string_view text, AwsFile kind) {
  auto profiles = parse_aws_file(text, kind, "file");
  EXPECT_TRUE(profiles) << profiles.error().what;
  return profiles ? *profiles : AwsProfiles{};
}

TEST(AwsFiles, AreReadAsAwsConfigureWritesThem) {
  AwsProfiles keys = parse(
      "[default]\naws_access_key_id = AKID\naws_secret_access_key=se+cr/et==\r\n\n"
      "# a comment\n[lab]\n; another\nAWS_Access_Key_Id= B\n",
      AwsFile::kCredentials);
  EXPECT_EQ(keys["default"]["aws_secret_access_key"], "se+cr/et==");
  EXPECT_EQ(keys["lab"]["aws_access_key_id"], "B");
  AwsProfiles config = parse(
      "\xef\xbb\xbf[default]\nregion = us-east-1\n[profile lab]\nregion=eu-north-1\n"
      "s3 =\n  max_concurrent_requests = 20\n[sso-session x]\nsso_region = y\n"
      "[profile \"two words\"]\noutput = json\n[profiles]\nregion = z\n",
      AwsFile::kConfig);
  EXPECT_EQ(config.size(), 3u);
  EXPECT_EQ(config["lab"].size(), 2u);
  EXPECT_EQ(config["lab"]["region"], "eu-north-1");
  EXPECT_EQ(config["two words"]["output"], "json");
}

TEST(AwsFiles, SayTheLineAndNeverTheValue) {
  struct {
    std::string_view text, says;
  } bad[] = {{"[default]\nsecret-value\n", "file line 2: this is neither"},
             {"\n\n[default\n", "file line 3: a section begins"},
             {"secret-value = 1\n", "file line 1: a setting before"}};
  for (const auto& [text, says] : bad) {
    auto profiles = parse_aws_file(text, AwsFile::kCredentials, "file");
    ASSERT_FALSE(profiles) << text;
    EXPECT_THAT(profiles.error().what, HasSubstr(std::string(says)));
    EXPECT_THAT(profiles.error().what, Not(HasSubstr("secret-value")));
  }
}

TEST(AwsFiles, TheCredentialsFileWinsAndTheConfigFileFillsIn) {
  AwsProfiles credentials{{"lab", {{"aws_access_key_id", "A"}, {"region", "one"}}}};
  AwsProfiles config{{"lab", {{"region", "two"}, {"output", "json"}}}, {"other", {}}};
  AwsProfile merged = *merged_profile("lab", credentials, config);
  EXPECT_EQ(merged["region"], "one");
  EXPECT_EQ(merged["output"], "json");
  EXPECT_TRUE(merged_profile("other", credentials, config));
  EXPECT_FALSE(merged_profile("none", credentials, config));
}

TEST(ProfileKeys, AreKeysOrACommandOrNothing) {
  auto keys = profile_keys("p", {{"aws_access_key_id", "A"},
                                 {"aws_secret_access_key", "S"},
                                 {"aws_session_token", "T"},
                                 {"credential_process", "never"}});
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->keys, (AwsKeys{"A", "S", "T"}));
  EXPECT_EQ(keys->credential_process, "");
  EXPECT_EQ(profile_keys("p", {{"credential_process", "vault get"}})->credential_process,
            "vault get");
  auto none = profile_keys("p", {{"region", "us-east-1"}});
  EXPECT_FALSE(none->keys);
  EXPECT_EQ(none->credential_process, "");
}

TEST(ProfileKeys, HalfAPairIsAnError) {
  auto half = profile_keys("lab", {{"aws_secret_access_key", "hidden"}});
  ASSERT_FALSE(half);
  EXPECT_THAT(half.error().what, HasSubstr("aws configure --profile lab"));
  EXPECT_THAT(half.error().what, Not(HasSubstr("hidden")));
}

TEST(ProfileKeys, RolesAndSsoAreRefusedWithWhatWorksInstead) {
  for (const char* key : {"role_arn", "sso_session", "sso_start_url", "web_identity_token_file"}) {
    auto refused = profile_keys(
        "lab", {{key, "x"}, {"aws_access_key_id", "A"}, {"aws_secret_access_key", "S"}});
    ASSERT_FALSE(refused) << key;
    EXPECT_THAT(refused.error().what,
                HasSubstr("aws configure export-credentials --profile lab --format process"));
  }
}

}  // namespace
}  // namespace cb::wire
