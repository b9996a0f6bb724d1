#include "wire/ec2_response.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/prng.h"
#include "base/text.h"
#include "wire/ec2_instance.h"

namespace cb::wire {
namespace {

using core::FailureClass;
using core::InstanceState;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// As EC2 writes one spot instance that was told to end.
constexpr std::string_view kItem = R"(<item>
  <instanceId>i-0123456789abcdef0</instanceId><imageId>ami-0abc</imageId>
  <instanceState><code>32</code><name>shutting-down</name></instanceState>
  <privateDnsName/><dnsName/>
  <reason>User initiated (2026-11-23 10:00:00 GMT)</reason>
  <keyName>rig</keyName><amiLaunchIndex>0</amiLaunchIndex><productCodes/>
  <instanceType>c7i.16xlarge</instanceType><launchTime>2026-11-23T09:58:30.000Z</launchTime>
  <placement><availabilityZone>us-east-1b</availabilityZone><tenancy>default</tenancy></placement>
  <privateIpAddress>10.0.0.7</privateIpAddress><ipAddress>198.51.100.7</ipAddress>
  <stateReason><code>Client.UserInitiatedShutdown</code><message>Shut down</message></stateReason>
  <clientToken>cb-abc-1</clientToken><instanceLifecycle>spot</instanceLifecycle>
  <tagSet><item><key>Name</key><value>dserv-worker</value></item>
    <item><key>note</key><value>a &amp; b</value></item></tagSet>
  <networkInterfaceSet><item><ipAddress>9.9.9.9</ipAddress>
    <tagSet><item><key>Name</key><value>other</value></item></tagSet></item></networkInterfaceSet>
</item>)";

std::string describe_answer(std::string_view items, std::string_view more = "") {
  return str(R"(<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
<requestId>r-1</requestId><reservationSet><item><reservationId>r-0</reservationId><groupSet/>
<instancesSet>)",
             items, "</instancesSet></item></reservationSet>", more,
             "</DescribeInstancesResponse>");
}

core::InstanceView expected_view() {
  core::InstanceView v;
  v.id = {"i-0123456789abcdef0"};
  v.state = InstanceState::kShuttingDown;
  v.type = "c7i.16xlarge";
  v.market = core::Market::kSpot;
  v.image = "ami-0abc";
  v.zone = "us-east-1b";
  v.public_address = "198.51.100.7";
  v.private_address = "10.0.0.7";
  v.launched = parse_iso8601("2026-11-23T09:58:30Z");
  v.ended = parse_iso8601("2026-11-23T10:00:00Z");
  v.token = {"cb-abc-1"};
  v.tags = {{"Name", "dserv-worker"}, {"note", "a & b"}};
  v.state_reason_code = "Client.UserInitiatedShutdown";
  v.state_reason = "Shut down";
  return v;
}

TEST(DescribeInstances, ReadsEverythingTheCoreAsksFor) {
  auto page = decode_describe_instances(describe_answer(kItem));
  ASSERT_TRUE(page) << page.error().what;
  EXPECT_THAT(page->instances, ElementsAre(expected_view()));
  EXPECT_EQ(page->next_token, "");
}

TEST(DescribeInstances, GoesThroughAllReservationsAndGivesTheNextToken) {
  std::string second = str("</instancesSet></item><item><instancesSet>", kItem);
  auto page = decode_describe_instances(
      describe_answer(str(kItem, second), "<nextToken>eyJ2Ijoi==</nextToken>"));
  ASSERT_TRUE(page);
  EXPECT_THAT(page->instances, SizeIs(2));
  EXPECT_EQ(page->next_token, "eyJ2Ijoi==");
}

TEST(DescribeInstances, AnInstanceMayHaveNothingButItsId) {
  auto page = decode_describe_instances(
      describe_answer("<item><instanceId>i-1</instanceId></item><item><imageId/></item>"));
  ASSERT_TRUE(page);
  ASSERT_THAT(page->instances, SizeIs(1));
  EXPECT_EQ(page->instances[0].state, InstanceState::kPending);
  EXPECT_EQ(page->instances[0].market, core::Market::kOnDemand);
  EXPECT_EQ(page->instances[0].launched, std::nullopt);
}

TEST(DescribeInstances, AnEmptyAccountIsAnEmptyPageAndNotAnError) {
  auto page = decode_describe_instances(
      "<DescribeInstancesResponse><requestId>r</requestId><reservationSet/>"
      "</DescribeInstancesResponse>");
  ASSERT_TRUE(page);
  EXPECT_THAT(page->instances, IsEmpty());
}

TEST(DescribeInstances, AnythingElseIsAnErrorAndNeverAnEmptyPage) {
  for (std::string body : {"", "<html><body>Proxy</body></html>", "{}", "\xff\xfe\x00<",
                           "<DescribeInstancesResponse/>", "<RunInstancesResponse/>"}) {
    EXPECT_FALSE(decode_describe_instances(body)) << body;
  }
}

TEST(DescribeInstances, AnAnswerCutOffAnywhereIsAnError) {
  const std::string whole = describe_answer(kItem);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(decode_describe_instances(whole.substr(0, size))) << size;
  }
}

TEST(EveryDecoder, TakesDamagedBytesWithoutThrowing) {
  Prng prng(7);
  const std::string whole = describe_answer(kItem);
  for (int round = 0; round < 2000; ++round) {
    std::string body = whole;
    for (int i = 0; i < 5; ++i) body[prng.below(body.size())] = static_cast<char>(prng.next());
    EXPECT_NO_THROW({
      (void)decode_describe_instances(body);
      (void)decode_run_instances(body);
      (void)decode_terminate_instances(body);
      (void)decode_describe_images(body);
      (void)decode_get_caller_identity(body);
      (void)decode_failure(500, body);
    });
  }
}

TEST(EveryDecoder, TakesAbsurdDepth) {
  std::string deep;
  for (int i = 0; i < 200'000; ++i) deep += "<item>";
  EXPECT_FALSE(decode_describe_instances(describe_answer(deep)));
  EXPECT_EQ(decode_failure(400, deep).what, FailureClass::kUnexpected);
}

TEST(EveryDecoder, ExpandsNoEntityOfADocument) {
  auto page = decode_describe_instances(
      str("<!DOCTYPE x [<!ENTITY e \"eeee\">]>",
          describe_answer("<item><instanceId>i-&e;</instanceId></item>")));
  if (page) {
    EXPECT_THAT(page->instances,
                ElementsAre(testing::Field(&core::InstanceView::id, InstanceId{"i-&e;"})));
  }
}

TEST(RunInstances, GivesTheInstanceAndItsToken) {
  auto launched = decode_run_instances(
      str("<RunInstancesResponse><reservationId>r-0</reservationId><instancesSet>", kItem,
          "</instancesSet></RunInstancesResponse>"));
  ASSERT_TRUE(launched);
  EXPECT_THAT(launched->instances, ElementsAre(expected_view()));
}

TEST(RunInstances, AnAnswerWithoutAnInstanceIsAnError) {
  EXPECT_FALSE(
      decode_run_instances("<RunInstancesResponse><instancesSet/></RunInstancesResponse>"));
}

TEST(TerminateInstances, GivesEachCurrentState) {
  auto accepted = decode_terminate_instances(R"(<TerminateInstancesResponse><instancesSet>
    <item><instanceId>i-1</instanceId><currentState><code>32</code><name>shutting-down</name>
      </currentState><previousState><code>16</code><name>running</name></previousState></item>
    <item><instanceId>i-2</instanceId><currentState><code>48</code><name>terminated</name>
      </currentState></item></instancesSet></TerminateInstancesResponse>)");
  ASSERT_TRUE(accepted);
  ASSERT_THAT(accepted->instances, SizeIs(2));
  EXPECT_EQ(accepted->instances[0].state, InstanceState::kShuttingDown);
  EXPECT_EQ(accepted->instances[1].id.value, "i-2");
  EXPECT_EQ(accepted->instances[1].state, InstanceState::kTerminated);
}

TEST(DescribeImages, SaysWhichVolumesOutliveTheInstance) {
  auto images = decode_describe_images(R"(<DescribeImagesResponse><imagesSet><item>
    <imageId>ami-1</imageId><imageState>available</imageState><architecture>arm64</architecture>
    <name>dserv</name><blockDeviceMapping>
      <item><deviceName>/dev/sda1</deviceName>
        <ebs><deleteOnTermination>true</deleteOnTermination></ebs></item>
      <item><deviceName>/dev/sdb</deviceName>
        <ebs><deleteOnTermination>false</deleteOnTermination></ebs></item>
      <item><deviceName>/dev/sdc</deviceName><virtualName>ephemeral0</virtualName></item>
    </blockDeviceMapping></item></imagesSet></DescribeImagesResponse>)");
  ASSERT_TRUE(images);
  ASSERT_THAT(*images, SizeIs(1));
  const ImageView& image = images->front();
  EXPECT_EQ(image.architecture, "arm64");
  ASSERT_THAT(image.volumes, SizeIs(2));
  EXPECT_TRUE(image.volumes[0].ends_with_instance);
  EXPECT_EQ(image.volumes[1].device, "/dev/sdb");
  EXPECT_FALSE(image.volumes[1].ends_with_instance);
}

TEST(GetCallerIdentity, GivesTheAccount) {
  auto who = decode_get_caller_identity(
      "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
      "<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/lab</Arn>"
      "<UserId>AID</UserId><Account>123456789012</Account></GetCallerIdentityResult>"
      "</GetCallerIdentityResponse>");
  ASSERT_TRUE(who);
  EXPECT_EQ(who->account, "123456789012");
  EXPECT_EQ(who->arn, "arn:aws:iam::123456789012:user/lab");
}

TEST(Failure, IsReadAsEc2WritesIt) {
  core::CloudFailure f = decode_failure(
      400,
      "<Response><Errors><Error><Code>InvalidAMIID.NotFound</Code><Message>No ami-1</Message>"
      "</Error><Error><Code>Other</Code><Message>too</Message></Error></Errors>"
      "<RequestID>4f-1</RequestID></Response>");
  EXPECT_EQ(f.what, FailureClass::kBadConfig);
  EXPECT_EQ(f.code, "InvalidAMIID.NotFound");
  EXPECT_EQ(f.message, "No ami-1; Other: too [request 4f-1]");
}

TEST(Failure, IsReadAsStsWritesIt) {
  core::CloudFailure f =
      decode_failure(403,
                     "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code>"
                     "<Message>Bad</Message></Error><RequestId>9</RequestId></ErrorResponse>");
  EXPECT_EQ(f.what, FailureClass::kDenied);
  EXPECT_EQ(f.message, "Bad [request 9]");
}

TEST(Failure, LeavesOutWhatNobodyCanRead) {
  core::CloudFailure f = decode_failure(
      403,
      "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You may not. Encoded "
      "authorization failure message: abcdefgh</Message></Error></Errors></Response>");
  EXPECT_EQ(f.message, "You may not.");
}

TEST(Failure, WithoutADocumentGoesByItsStatus) {
  core::CloudFailure f = decode_failure(502, "<html>Bad Gateway");
  EXPECT_EQ(f.what, FailureClass::kUnknownOutcome);
  EXPECT_EQ(f.code, "http 502");
  EXPECT_EQ(decode_failure(404, "").what, FailureClass::kUnexpected);
}

TEST(IdsNamedIn, FindsWholeIdsOnly) {
  std::vector<InstanceId> asked{{"i-1"}, {"i-12"}, {"i-3"}, {""}};
  EXPECT_THAT(ids_named_in("The instance IDs 'i-12, i-3' do not exist", asked),
              ElementsAre(InstanceId{"i-12"}, InstanceId{"i-3"}));
  EXPECT_THAT(ids_named_in("Invalid id: \"i-1\"", asked), ElementsAre(InstanceId{"i-1"}));
  EXPECT_THAT(ids_named_in("no", asked), IsEmpty());
}

TEST(TimeInReason, IsFoundOnlyInItsForm) {
  EXPECT_EQ(time_in_reason("Server.SpotInstanceTermination (2026-11-23 10:00:00 GMT)"),
            parse_iso8601("2026-11-23T10:00:00Z"));
  for (std::string_view no : {"", "(", "User initiated", "User (2026-11-23 10:00:00 UTC)",
                              "(2026-99-23 10:00:00 GMT)", "(2026-11-23T10:00:00 GMT)"}) {
    EXPECT_EQ(time_in_reason(no), std::nullopt) << no;
  }
}

}  // namespace
}  // namespace cb::wire
