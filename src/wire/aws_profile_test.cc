#include "wire/aws_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cb::wire {
namespace {

using testing::HasSubstr;
using testing::Not;

AwsSections sections(std::string_view text) {
  auto parsed = parse_aws_file(text, "file");
  EXPECT_TRUE(parsed) << parsed.error().what;
  return parsed ? *parsed : AwsSections{};
}

AwsProfile profile(std::string_view credentials, std::string_view config = "",
                   const std::string& name = "lab") {
  auto found = find_profile(name, sections(credentials), sections(config));
  EXPECT_TRUE(found && *found);
  return found && *found ? **found : AwsProfile{};
}

ProfileKeys keys(const AwsProfile& of) {
  auto given = profile_keys(of);
  EXPECT_TRUE(given) << given.error().what;
  return given ? *given : ProfileKeys{};
}

constexpr const char* kLabKeys = "[lab]\naws_access_key_id=A\naws_secret_access_key=S\n";

TEST(Profiles, TheCredentialsFileWinsAndTheConfigFileFillsIn) {
  const AwsProfile lab =
      profile("[lab]\nregion = one\n", "[profile lab]\nregion = two\noutput = json\n");
  EXPECT_EQ(lab.get("region"), "one");
  EXPECT_EQ(lab.get("output"), "json");
  EXPECT_EQ(lab.get("none"), "");
  EXPECT_FALSE(*find_profile("none", {}, {}));
  EXPECT_FALSE(*find_profile("lab", {}, sections("[lab]\nregion = x\n")));
}

TEST(Profiles, TheDefaultOneNeedsNoKind) {
  EXPECT_EQ(profile("", "[default]\nregion = x\n", "default").get("region"), "x");
  EXPECT_EQ(profile("", "[profile default]\nregion = y\n", "default").get("region"), "y");
}

TEST(Profiles, AServicesSectionGivesTheEndpointsOfEc2AndSts) {
  const char* config =
      "[profile lab]\nservices = sim\n[services sim]\nec2 =\n  endpoint_url = http://e\n"
      "sts =\n  endpoint_url = http://s\n";
  const AwsProfile lab = profile("", config);
  EXPECT_EQ(lab.ec2, (AwsSettings{{"endpoint_url", "http://e"}}));
  EXPECT_EQ(lab.sts, (AwsSettings{{"endpoint_url", "http://s"}}));
  auto missing = find_profile("lab", {}, sections("[profile lab]\nservices = gone\n"));
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().what, HasSubstr("add [services gone]"));
}

TEST(ProfileKeys, AreThoseOfTheCredentialsFileFirst) {
  const AwsProfile both = profile(kLabKeys,
                                  "[profile lab]\naws_access_key_id=C\naws_secret_access_key=S\n"
                                  "aws_session_token=not-theirs\ncredential_process = never\n");
  EXPECT_EQ(keys(both).keys, (AwsKeys{"A", "S", ""}));
  EXPECT_EQ(keys(both).credential_process, "");
}

TEST(ProfileKeys, ACommandGoesBeforeKeysOfTheConfigFile) {
  std::string config = "[profile lab]\naws_access_key_id=C\naws_secret_access_key=S\n";
  EXPECT_EQ(keys(profile("", config)).keys, (AwsKeys{"C", "S", ""}));
  const ProfileKeys given = keys(profile("", config + "credential_process = vault get\n"));
  EXPECT_EQ(given.credential_process, "vault get");
  EXPECT_FALSE(given.keys);
}

TEST(ProfileKeys, TheFormerNameOfTheTokenGoesFirst) {
  const std::string text(kLabKeys);
  EXPECT_EQ(keys(profile(text + "aws_security_token=T\n")).keys->session_token, "T");
  EXPECT_EQ(keys(profile(text + "aws_session_token=U\naws_security_token=T\n")).keys->session_token,
            "T");
  EXPECT_EQ(keys(profile(text + "aws_session_token=U\n")).keys->session_token, "U");
}

TEST(ProfileKeys, RolesAndSignOnsAreLeftToTheCliWhateverKeysThereAre) {
  for (const char* key :
       {"role_arn", "sso_account_id", "sso_role_name", "web_identity_token_file"}) {
    const ProfileKeys given = keys(profile(std::string(kLabKeys) + key + " = x\n"));
    EXPECT_EQ(given.by_cli, key);
    EXPECT_FALSE(given.keys);
  }
  EXPECT_EQ(keys(profile("", "[profile lab]\nlogin_session = x\n")).by_cli, "login_session");
  EXPECT_EQ(keys(profile(std::string(kLabKeys) + "login_session = x\n")).by_cli, "");
  EXPECT_EQ(keys(profile(std::string(kLabKeys) + "sso_session = x\n")).by_cli, "");
}

TEST(ProfileKeys, NoneIsNone) {
  const ProfileKeys none = keys(profile("", "[profile lab]\nregion = us-east-1\n"));
  EXPECT_FALSE(none.keys);
  EXPECT_EQ(none.credential_process, "");
  EXPECT_EQ(none.by_cli, "");
}

TEST(ProfileKeys, HalfAPairIsAnError) {
  auto half = profile_keys(profile("[lab]\naws_secret_access_key = hidden\n"));
  ASSERT_FALSE(half);
  EXPECT_THAT(half.error().what, HasSubstr("aws configure --profile lab"));
  EXPECT_THAT(half.error().what, Not(HasSubstr("hidden")));
}

TEST(Keys, BlanksAtTheEndsAreDroppedAndInsideTheyAreRefusedByName) {
  AwsKeys good{" A\n", "\tS+/=\r\n", "T "};
  EXPECT_TRUE(clean_keys(good, {"id", "secret", "token"}));
  EXPECT_EQ(good, (AwsKeys{"A", "S+/=", "T"}));
  for (const char* bad : {"hid\nden", "hid den", "hid\x7f", "hid\xc3\xa4", "hid\tden"}) {
    AwsKeys keys{"A", "S", bad};
    const Status status = clean_keys(keys, {"id", "secret", "THE_TOKEN"});
    ASSERT_FALSE(status) << bad;
    EXPECT_THAT(status.error().what, HasSubstr("THE_TOKEN"));
    EXPECT_THAT(status.error().what, Not(HasSubstr("hid")));
  }
}

}  // namespace
}  // namespace cb::wire
