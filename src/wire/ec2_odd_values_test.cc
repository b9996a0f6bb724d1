// What a value becomes that EC2 has not documented, or that is damaged, field by field.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "wire/ec2_response.h"

namespace cb::wire {
namespace {

using core::InstanceState;
using core::Market;
using testing::SizeIs;

core::InstanceView view_with(std::string_view fields) {
  auto page = decode_describe_instances(
      str("<DescribeInstancesResponse><reservationSet><item><instancesSet><item>"
          "<instanceId>i-1</instanceId>",
          fields, "</item></instancesSet></item></reservationSet></DescribeInstancesResponse>"));
  EXPECT_TRUE(page && page->instances.size() == 1) << fields;
  return page && page->instances.size() == 1 ? page->instances[0] : core::InstanceView{};
}

TEST(OddValues, AStateThatIsNotEc2sIsTakenForPending) {
  const auto state = [](std::string_view name) {
    return view_with(str("<instanceState>", name, "</instanceState>")).state;
  };
  EXPECT_EQ(state("<name>stopping</name>"), InstanceState::kStopping);
  EXPECT_EQ(state("<name>stopped</name>"), InstanceState::kStopped);
  for (const char* odd : {"<name>hibernating</name>", "<name/>", "<name>RUNNING</name>",
                          "<name> running </name>", "<code>16</code>", "running"}) {
    EXPECT_EQ(state(odd), InstanceState::kPending) << odd;
  }
}

TEST(OddValues, OnlySpotIsSpot) {
  const auto market = [](std::string_view name) {
    return view_with(str("<instanceLifecycle>", name, "</instanceLifecycle>")).market;
  };
  EXPECT_EQ(market("spot"), Market::kSpot);
  for (const char* odd : {"", "Spot", "scheduled", "capacity-block", "normal"}) {
    EXPECT_EQ(market(odd), Market::kOnDemand) << odd;
  }
}

TEST(OddValues, ALaunchTimeThatIsNoneIsUnknown) {
  for (const char* odd : {"", "yesterday", "2026-11-23", "1795000000", "2026-11-23T25:00:00Z"}) {
    EXPECT_EQ(view_with(str("<launchTime>", odd, "</launchTime>")).launched, std::nullopt) << odd;
  }
}

TEST(OddValues, AnAddressThatIsNoneIsNotHandedOn) {
  EXPECT_EQ(view_with("<ipAddress>198.51.100.7</ipAddress>").public_address, "198.51.100.7");
  EXPECT_EQ(view_with("<privateIpAddress>fd00::7</privateIpAddress>").private_address, "fd00::7");
  for (const char* odd : {"", "ip-10-0-0-7", "10.0.0.7\nERROR", " 10.0.0.7", "&lt;none&gt;",
                          "1234567890123456789012345678901234567890123456"}) {
    EXPECT_EQ(view_with(str("<ipAddress>", odd, "</ipAddress>")).public_address, "") << odd;
    EXPECT_EQ(view_with(str("<privateIpAddress>", odd, "</privateIpAddress>")).private_address, "");
  }
}

TEST(OddValues, FreeTextsAreTakenAsTheyAre) {
  const core::InstanceView odd = view_with(
      "<imageId>?</imageId><instanceType>u-9.colossal</instanceType><clientToken>&#10;</"
      "clientToken>"
      "<placement><availabilityZone>moon-1z</availabilityZone></placement>"
      "<stateReason><code>New.Reason</code><message>a &lt; b</message></stateReason>");
  EXPECT_EQ(odd.image, "?");
  EXPECT_EQ(odd.type, "u-9.colossal");
  EXPECT_EQ(odd.zone, "moon-1z");
  EXPECT_EQ(odd.token.value, "\n");
  EXPECT_EQ(odd.state_reason_code, "New.Reason");
  EXPECT_EQ(odd.state_reason, "a < b");
}

TEST(OddValues, TagsMayBeEmptyAndNobodyElsesFieldIsRead) {
  const core::InstanceView odd = view_with(
      "<tagSet><item><key>compute-broker</key></item><item/><other/></tagSet><unheardOf/>");
  EXPECT_THAT(odd.tags, SizeIs(2));
  EXPECT_EQ(odd.tag("compute-broker"), "");
}

TEST(OddValues, AnInstanceThatIsToldToEndIsEndingWhateverItsStateIsCalled) {
  for (const char* odd :
       {"<currentState><name>vanishing</name></currentState>", "<currentState/>", ""}) {
    auto accepted = decode_terminate_instances(
        str("<TerminateInstancesResponse><instancesSet><item><instanceId>i-1</instanceId>", odd,
            "</item><item><currentState/></item></instancesSet></TerminateInstancesResponse>"));
    ASSERT_TRUE(accepted);
    ASSERT_THAT(accepted->instances, SizeIs(1));
    EXPECT_EQ(accepted->instances[0].state, InstanceState::kShuttingDown) << odd;
  }
}

TEST(OddValues, AVolumeEndsWithItsInstanceUnlessEc2SaysFalse) {
  const auto ends = [](std::string_view text) {
    auto images = decode_describe_images(str(
        "<DescribeImagesResponse><imagesSet><item><imageState>half-baked</imageState>"
        "<blockDeviceMapping><item><ebs>",
        text, "</ebs></item></blockDeviceMapping></item></imagesSet></DescribeImagesResponse>"));
    return images && images->at(0).volumes.at(0).ends_with_instance;
  };
  EXPECT_FALSE(ends("<deleteOnTermination>false</deleteOnTermination>"));
  for (const char* odd :
       {"", "<deleteOnTermination/>", "<deleteOnTermination>no</deleteOnTermination>"}) {
    EXPECT_TRUE(ends(odd)) << odd;
  }
}

TEST(OddValues, AnAccountIsWhateverStsCallsItAndNoneIsNoAnswer) {
  const auto who = [](std::string_view account) {
    return decode_get_caller_identity(
        str("<GetCallerIdentityResponse><GetCallerIdentityResult>", account,
            "</GetCallerIdentityResult></GetCallerIdentityResponse>"));
  };
  EXPECT_EQ(who("<Account>x1</Account>")->account, "x1");
  for (const char* odd : {"", "<Account/>", "<Arn>arn:aws:iam::1:root</Arn>"}) {
    EXPECT_FALSE(who(odd)) << odd;
  }
}

TEST(OddValues, AnErrorWithoutACodeGoesByItsStatusAndKeepsNoEmptySentence) {
  for (const char* odd : {"<Response><Errors/></Response>", "<Response/>",
                          "<Response><Errors><Error><Code/></Error></Errors></Response>"}) {
    const core::CloudFailure failure = decode_failure(400, odd);
    EXPECT_EQ(failure.code, "http 400") << odd;
    EXPECT_EQ(failure.message, "an answer without an error that could be read") << odd;
  }
}

}  // namespace
}  // namespace cb::wire
