#include "wire/ec2_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "core/broker.h"

namespace cb::wire {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

core::LaunchSpec spec() {
  core::LaunchSpec s;
  s.token = {"cb-abc-1"};
  s.region = "us-east-1";
  s.type = "c7i.16xlarge";
  s.image = "ami-0abc";
  s.tags = {{"Name", "dserv-worker"}, {"compute-broker", "our lab"}};
  return s;
}

std::vector<std::string> fields(const std::string& body) {
  std::vector<std::string> out;
  for (std::string_view field : split(body, '&')) out.emplace_back(field);
  return out;
}

TEST(RunInstances, IsWhatTheCoreTakesAsItsEncoder) {
  core::EncodeLaunch encode = encode_run_instances;
  EXPECT_EQ(encode(spec()), encode(spec()));
}

TEST(RunInstances, AsksForOneSpotInstanceThatEndsWithItsShutdown) {
  EXPECT_THAT(
      fields(encode_run_instances(spec())),
      AllOf(Contains("Action=RunInstances"), Contains("Version=2016-11-15"), Contains("MinCount=1"),
            Contains("MaxCount=1"), Contains("ClientToken=cb-abc-1"), Contains("ImageId=ami-0abc"),
            Contains("InstanceType=c7i.16xlarge"),
            Contains("InstanceInitiatedShutdownBehavior=terminate"),
            Contains("MetadataOptions.HttpTokens=required"),
            Contains("InstanceMarketOptions.MarketType=spot"),
            Contains("InstanceMarketOptions.SpotOptions.SpotInstanceType=one-time"),
            Contains("InstanceMarketOptions.SpotOptions.InstanceInterruptionBehavior=terminate")));
  EXPECT_THAT(encode_run_instances(spec()), Not(HasSubstr("MaxPrice")));
}

TEST(RunInstances, AsksForOnDemandByNamingNoMarket) {
  core::LaunchSpec s = spec();
  s.market = core::Market::kOnDemand;
  EXPECT_THAT(encode_run_instances(s),
              AllOf(Not(HasSubstr("InstanceMarketOptions")), Not(HasSubstr("spot"))));
}

TEST(RunInstances, TagsInstanceVolumesAndSpotRequestInTheSameCall) {
  EXPECT_THAT(fields(encode_run_instances(spec())),
              AllOf(Contains("TagSpecification.1.ResourceType=instance"),
                    Contains("TagSpecification.2.ResourceType=volume"),
                    Contains("TagSpecification.3.ResourceType=spot-instances-request"),
                    Contains("TagSpecification.1.Tag.1.Key=Name"),
                    Contains("TagSpecification.3.Tag.2.Key=compute-broker"),
                    Contains("TagSpecification.3.Tag.2.Value=our%20lab")));
}

TEST(RunInstances, IsSortedAndLeavesOutWhatIsNotGiven) {
  std::vector<std::string> sent = fields(encode_run_instances(spec()));
  EXPECT_TRUE(std::is_sorted(sent.begin(), sent.end()));
  for (const std::string& field : sent) EXPECT_THAT(field, Not(testing::EndsWith("=")));
}

TEST(RunInstances, TakesGroupsByIdAndByName) {
  core::LaunchSpec s = spec();
  s.security_groups = {"sg-1", "dserv workers", "sg-2"};
  EXPECT_THAT(fields(encode_run_instances(s)),
              AllOf(Contains("SecurityGroupId.1=sg-1"), Contains("SecurityGroupId.2=sg-2"),
                    Contains("SecurityGroup.1=dserv%20workers")));
}

TEST(RunInstances, AsksForTheAddressOnTheInterfaceOfTheSubnet) {
  core::LaunchSpec s = spec();
  s.security_groups = {"sg-1"};
  s.subnet = "subnet-9";
  EXPECT_THAT(fields(encode_run_instances(s)),
              AllOf(Contains("SubnetId=subnet-9"), Contains("SecurityGroupId.1=sg-1")));
  s.public_address = true;
  EXPECT_THAT(fields(encode_run_instances(s)),
              AllOf(Contains("NetworkInterface.1.SubnetId=subnet-9"),
                    Contains("NetworkInterface.1.DeviceIndex=0"),
                    Contains("NetworkInterface.1.AssociatePublicIpAddress=true"),
                    Contains("NetworkInterface.1.DeleteOnTermination=true"),
                    Contains("NetworkInterface.1.SecurityGroupId.1=sg-1"),
                    Not(Contains("SubnetId=subnet-9"))));
}

TEST(RunInstances, TakesProfilesByNameAndByArn) {
  core::LaunchSpec s = spec();
  s.instance_profile = "worker";
  EXPECT_THAT(fields(encode_run_instances(s)), Contains("IamInstanceProfile.Name=worker"));
  s.instance_profile = "arn:aws:iam::123456789012:instance-profile/worker";
  EXPECT_THAT(fields(encode_run_instances(s)),
              Contains("IamInstanceProfile.Arn=arn%3Aaws%3Aiam%3A%3A123456789012%3Ainstance-"
                       "profile%2Fworker"));
}

TEST(RunInstances, EncodesUserDataTwice) {
  core::LaunchSpec s = spec();
  s.user_data = "#!/bin/sh\n";
  s.key_name = "rig";
  s.zone = "us-east-1b";
  EXPECT_THAT(fields(encode_run_instances(s)),
              AllOf(Contains("UserData=IyEvYmluL3NoCg%3D%3D"), Contains("KeyName=rig"),
                    Contains("Placement.AvailabilityZone=us-east-1b")));
}

TEST(RunInstances, ADryRunIsTheSameLaunchWithoutItsToken) {
  std::vector<std::string> real = fields(encode_run_instances(spec()));
  std::vector<std::string> dry = fields(encode_run_instances_dry_run(spec()));
  std::erase(real, "ClientToken=cb-abc-1");
  std::erase(dry, "DryRun=true");
  EXPECT_EQ(real, dry);
}

TEST(OtherCalls, AreSpelledAsTheApiSays) {
  EXPECT_EQ(encode_list_by_tag("Name", "dserv-worker", ""),
            "Action=DescribeInstances&Filter.1.Name=tag%3AName&Filter.1.Value.1=dserv-worker&"
            "MaxResults=1000&Version=2016-11-15");
  EXPECT_THAT(fields(encode_list_by_tag("a", "b", "a+b=")), Contains("NextToken=a%2Bb%3D"));
  EXPECT_EQ(encode_list_by_ids({{"i-1"}}, ""),
            "Action=DescribeInstances&Filter.1.Name=instance-id&Filter.1.Value.1=i-1&"
            "MaxResults=1000&Version=2016-11-15");
  EXPECT_EQ(encode_create_tags({{"i-1"}, {"i-2"}}, "k", "v"),
            "Action=CreateTags&ResourceId.1=i-1&ResourceId.2=i-2&Tag.1.Key=k&Tag.1.Value=v&"
            "Version=2016-11-15");
  EXPECT_EQ(encode_terminate_instances({{"i-1"}, {"i-2"}}),
            "Action=TerminateInstances&InstanceId.1=i-1&InstanceId.2=i-2&Version=2016-11-15");
  EXPECT_THAT(encode_terminate_instances({{"i-1"}}, true), HasSubstr("&DryRun=true&"));
  EXPECT_EQ(encode_describe_images("ami-1"),
            "Action=DescribeImages&ImageId.1=ami-1&Version=2016-11-15");
  EXPECT_EQ(encode_get_caller_identity(), "Action=GetCallerIdentity&Version=2011-06-15");
}

TEST(ActionOf, IsFoundWhereverItStands) {
  EXPECT_EQ(action_of("A=b&Action=RunInstances&Z=z"), "RunInstances");
  EXPECT_EQ(action_of("A=b"), "");
}

TEST(Base64, PadsAsRfc4648Says) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("\xff\xfe\xfd"), "//79");
}

}  // namespace
}  // namespace cb::wire
