#include "wire/aws_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cb::wire {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

AwsSections parse(std::string_view text) {
  auto sections = parse_aws_file(text, "file");
  EXPECT_TRUE(sections) << sections.error().what;
  return sections ? *sections : AwsSections{};
}

TEST(AwsFiles, AreReadAsAwsConfigureWritesThem) {
  AwsSections file = parse(
      "\xef\xbb\xbf[default]\naws_access_key_id = AKID\naws_secret_access_key=se+cr/et==\r\n\n"
      "# a comment\n[lab] ; not read\n; another\nAWS_Access_Key_Id: B\n[empty]\n");
  EXPECT_THAT(file, SizeIs(3));
  EXPECT_EQ(file["default"].settings["aws_secret_access_key"], "se+cr/et==");
  EXPECT_EQ(file["lab"].settings["aws_access_key_id"], "B");
}

TEST(AwsFiles, SettingsMayBeIndentedAndOnlyWhatIsDeeperContinuesOne) {
  AwsSections file = parse(
      "  [default]\n    aws_access_key_id = AKID\n    aws_secret_access_key = S\n  region = r\n"
      "\tca_bundle = a\n\n      b\n# c\n\n[next]\nx = 1");
  const AwsSettings expected{{"aws_access_key_id", "AKID"},
                             {"aws_secret_access_key", "S"},
                             {"region", "r"},
                             {"ca_bundle", "a\n\nb"}};
  EXPECT_EQ(file["default"].settings, expected);
  EXPECT_EQ(file["next"].settings["x"], "1");
}

TEST(AwsFiles, ASettingWithoutValueHoldsTheBlockBelowIt) {
  AwsSections file = parse("[services lab]\nec2 =\n  endpoint_url = http://a/?b=c\n\n  Other=1\n");
  EXPECT_EQ(file["services lab"].blocks["ec2"],
            (AwsSettings{{"endpoint_url", "http://a/?b=c"}, {"Other", "1"}}));
  EXPECT_THAT(file["services lab"].settings, SizeIs(0));
}

TEST(AwsFiles, ASectionOfDefaultsFillsAllOthers) {
  AwsSections file = parse("[a]\nx = 1\n[DEFAULT]\nx = 2\ny = 3\n[b]\n");
  EXPECT_THAT(file, SizeIs(2));
  EXPECT_EQ(file["a"].settings, (AwsSettings{{"x", "1"}, {"y", "3"}}));
  EXPECT_EQ(file["b"].settings, (AwsSettings{{"x", "2"}, {"y", "3"}}));
}

TEST(AwsFiles, SayTheLineAndNeverTheValue) {
  struct {
    std::string_view text, says;
  } bad[] = {{"[default]\nsecret-value\n", "file line 2: this is neither"},
             {"[default]\n= secret-value\n", "file line 2: this is neither"},
             {"\n\n[default\n", "file line 3: a setting before"},
             {"secret-value = 1\n", "file line 1: a setting before"},
             {"[a]\nx = 1\n[a]\n", "file line 3: the section [a] is there already"},
             {"[a]\nx = secret-value\nX : 2\n", "file line 3: the section has x already"},
             {"[a]\ns3 =\n  secret-value\n", "file: [a] s3: a line below it"}};
  for (const auto& [text, says] : bad) {
    auto sections = parse_aws_file(text, "file");
    ASSERT_FALSE(sections) << text;
    EXPECT_THAT(sections.error().what, HasSubstr(std::string(says)));
    EXPECT_THAT(sections.error().what, Not(HasSubstr("secret-value")));
  }
}

TEST(AwsFiles, TheConfigFilesProfilesAreNamedWithTheirKind) {
  EXPECT_EQ(section_name("profile lab", "profile"), "lab");
  EXPECT_EQ(section_name("profile  \"two words\"", "profile"), "two words");
  EXPECT_EQ(section_name("services 'x'", "services"), "x");
  for (const char* no : {"lab", "profile", "profile a b", "profile \"a", "sso-session x", ""}) {
    EXPECT_EQ(section_name(no, "profile"), std::nullopt) << no;
  }
}

TEST(Commands, AreSplitIntoWordsAndNothingIsExpanded) {
  EXPECT_THAT(*split_command("  vault get\t'a  b' --x=\"$HOME \\\" \\\\ \\a\" c\\ d ''"),
              ElementsAre("vault", "get", "a  b", "--x=$HOME \" \\ \\a", "c d", ""));
  EXPECT_THAT(*split_command(" "), ElementsAre());
  for (const char* bad : {"a 'b", "\"", "a\\"}) EXPECT_FALSE(split_command(bad)) << bad;
}

}  // namespace
}  // namespace cb::wire
