#include "wire/aws_endpoint.h"

#include <gtest/gtest.h>

namespace cb::wire {
namespace {

std::string url(std::string_view region, const AwsEndpointKind& kind = {}) {
  return aws_endpoint("ec2", region, kind).url;
}

TEST(AwsEndpoints, EveryPartitionHasItsOwnDomain) {
  EXPECT_EQ(url("us-east-1"), "https://ec2.us-east-1.amazonaws.com");
  EXPECT_EQ(url("us-gov-west-1"), "https://ec2.us-gov-west-1.amazonaws.com");
  EXPECT_EQ(url("cn-north-1"), "https://ec2.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(url("eusc-de-east-1"), "https://ec2.eusc-de-east-1.amazonaws.eu");
  EXPECT_EQ(url("us-iso-east-1"), "https://ec2.us-iso-east-1.c2s.ic.gov");
  EXPECT_EQ(url("us-isob-east-1"), "https://ec2.us-isob-east-1.sc2s.sgov.gov");
  EXPECT_EQ(url("eu-isoe-west-1"), "https://ec2.eu-isoe-west-1.cloud.adc-e.uk");
  EXPECT_EQ(url("us-isof-south-1"), "https://ec2.us-isof-south-1.csp.hci.ic.gov");
}

TEST(AwsEndpoints, ARegionThatNobodyKnowsIsPublic) {
  EXPECT_EQ(url("mars-north-1"), "https://ec2.mars-north-1.amazonaws.com");
  EXPECT_EQ(url("cn-north"), "https://ec2.cn-north.amazonaws.com");
  EXPECT_EQ(url("cn-north-1-a"), "https://ec2.cn-north-1-a.amazonaws.com");
}

TEST(AwsEndpoints, FipsAndDualStackHaveTheirNames) {
  EXPECT_EQ(url("us-east-1", {.fips = true}), "https://ec2-fips.us-east-1.amazonaws.com");
  EXPECT_EQ(url("us-gov-east-1", {.fips = true}), "https://ec2.us-gov-east-1.amazonaws.com");
  EXPECT_EQ(url("us-east-1", {.dual_stack = true}), "https://ec2.us-east-1.api.aws");
  EXPECT_EQ(url("us-gov-east-1", {.fips = true, .dual_stack = true}),
            "https://ec2-fips.us-gov-east-1.api.aws");
  EXPECT_EQ(url("cn-north-1", {.dual_stack = true}),
            "https://ec2.cn-north-1.api.amazonwebservices.com.cn");
}

TEST(AwsEndpoints, LegacyStsOfAnOlderRegionIsOneAddressSignedForUsEast1) {
  const AwsEndpoint old = aws_endpoint("sts", "eu-central-1", {.sts_legacy = true});
  EXPECT_EQ(old.url, "https://sts.amazonaws.com");
  EXPECT_EQ(old.region, "us-east-1");
  EXPECT_EQ(aws_endpoint("sts", "eu-central-2", {.sts_legacy = true}).url,
            "https://sts.eu-central-2.amazonaws.com");
  EXPECT_EQ(aws_endpoint("sts", "eu-central-1", {}).region, "eu-central-1");
  EXPECT_EQ(aws_endpoint("sts", "us-east-1", {.fips = true, .sts_legacy = true}).url,
            "https://sts-fips.us-east-1.amazonaws.com");
}

}  // namespace
}  // namespace cb::wire
