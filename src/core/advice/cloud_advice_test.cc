#include "core/advice/cloud_advice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cb::core {
namespace {

using enum FailureClass;
using ::testing::HasSubstr;

std::string advise(FailureClass what, std::string code, FailureContext where = {},
                   std::string message = {}) {
  return advice({what, std::move(code), std::move(message)}, where);
}

TEST(Advice, NamesTheQuotaOfTheMarketAndTheFamily) {
  FailureContext where{.region = "us-east-1", .type = "c7i.16xlarge"};
  std::string spot = advise(kQuota, "MaxSpotInstanceCountExceeded", where);
  EXPECT_THAT(spot, HasSubstr("All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests"));
  EXPECT_THAT(spot, HasSubstr("--quota-code L-34B43A08 --region us-east-1"));
  std::string on_demand = advise(kQuota, "VcpuLimitExceeded", where);
  EXPECT_THAT(on_demand, HasSubstr("Running On-Demand Standard"));
  EXPECT_THAT(on_demand, HasSubstr("L-1216C47A"));
  where.type = "p5.48xlarge";
  EXPECT_THAT(advise(kQuota, "MaxSpotInstanceCountExceeded", where), HasSubstr("L-C4BD4855"));
  EXPECT_THAT(advise(kQuota, "VcpuLimitExceeded", where), HasSubstr("Running On-Demand P inst"));
  where.type = "p4d.24xlarge";
  EXPECT_THAT(advise(kQuota, "MaxSpotInstanceCountExceeded", where), HasSubstr("L-7212CCBC"));
  where.type = "quantum.1xlarge";
  EXPECT_THAT(advise(kQuota, "VcpuLimitExceeded", where), HasSubstr("quota of quantum.1xlarge"));
  EXPECT_THAT(advise(kQuota, "Client.VolumeLimitExceeded", where), HasSubstr("EBS"));
}

TEST(Advice, NamesTheConfigurationKey) {
  FailureContext where{.pool = "big", .region = "eu-north-1"};
  EXPECT_EQ(advise(kBadConfig, "InvalidAMIID.NotFound", where),
            "check [pool.big] image and [aws] region, now eu-north-1");
  EXPECT_THAT(advise(kBadConfig, "InvalidGroup.NotFound"), HasSubstr("security_groups"));
  EXPECT_THAT(advise(kBadConfig, "InvalidKeyPair.NotFound"), HasSubstr("key_name"));
  EXPECT_THAT(advise(kBadConfig, "InvalidSubnetID.NotFound"), HasSubstr("subnet"));
  EXPECT_THAT(advise(kBadConfig, "VPCIdNotSpecified"), HasSubstr("subnet"));
  EXPECT_THAT(advise(kBadConfig, "InvalidParameterValue", {},
                     "Value (w) for parameter iamInstanceProfile.name is invalid"),
              HasSubstr("instance_profile"));
  EXPECT_THAT(advise(kBadConfig, "InvalidParameterValue"), HasSubstr("values of [pool.default]"));
  EXPECT_THAT(advise(kBadConfig, "Client.InternalError"), HasSubstr("KMS key"));
}

TEST(Advice, NamesTheMissingRight) {
  EXPECT_EQ(advise(kDenied, "UnauthorizedOperation", {.action = "DescribeInstances"}),
            "allow ec2:DescribeInstances to the broker's user or role in IAM");
  EXPECT_THAT(advise(kDenied, "UnauthorizedOperation"), HasSubstr("and ec2:CreateTags"));
  EXPECT_THAT(advise(kDenied, "AccessDenied", {.action = "GetCallerIdentity"}),
              HasSubstr("sts:GetCallerIdentity"));
  EXPECT_THAT(advise(kDenied, "AuthFailure.ServiceLinkedRoleCreationNotPermitted"),
              HasSubstr("create-service-linked-role"));
  EXPECT_THAT(advise(kDenied, "AuthFailure"), HasSubstr("credentials"));
}

TEST(Advice, IsSilentWhereWaitingIsAll) {
  for (FailureClass what : {kCapacity, kThrottle, kNotYetVisible, kTokenEnded, kUnknownOutcome}) {
    EXPECT_EQ(advise(what, "X"), "");
  }
}

TEST(Describe, ASentenceOfOursThatSaysWhatToDoIsLeftAlone) {
  const CloudFailure none{kDenied, "no credentials",
                          "no AWS credentials were found: run aws configure"};
  EXPECT_EQ(describe(none, {}), none.message);
}

TEST(Describe, IsOneLineOfCodeSentenceAndAdvice) {
  EXPECT_EQ(describe({kCapacity, "Unsupported", "Not\nhere"}, {}), "Unsupported: Not here");
  EXPECT_EQ(describe({kDenied, "Blocked", "No"}, {}),
            "Blocked: No (AWS holds the account back: see its e-mail, or ask AWS Support)");
}

TEST(CloudAdvice, AnEndIsToldOnceInPlainWords) {
  const std::string user = "Client.UserInitiatedShutdown";
  EXPECT_EQ(how_it_ended(user, user + ": User initiated shutdown"),
            "was ended by somebody else through EC2 (User initiated shutdown)");
  EXPECT_EQ(how_it_ended(user, ""), "was ended by somebody else through EC2");
  EXPECT_EQ(how_it_ended("Client.InstanceInitiatedShutdown", ""), "has shut itself down");
  EXPECT_EQ(how_it_ended("Server.SpotInstanceTermination", "Server.SpotInstanceTermination: Over."),
            "was ended by EC2 (Server.SpotInstanceTermination: Over.)");
  EXPECT_EQ(how_it_ended("", ""), "was ended by EC2");
}

}  // namespace
}  // namespace cb::core
