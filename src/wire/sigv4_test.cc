#include "wire/sigv4.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cb::wire {
namespace {

using testing::HasSubstr;

// The keys, time and scope of AWS's published test suite.
const AwsKeys kKeys{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
const SigningScope kScope{"us-east-1", "service", *parse_iso8601("2015-08-30T12:36:00Z")};

std::string authorization(const RequestToSign& request, const AwsKeys& keys = kKeys) {
  return sign_v4(request, kScope, keys).back().second;
}

RequestToSign request(std::string method) {
  return {.method = std::move(method),
          .path = "/",
          .query = {},
          .headers = {{"Host", "example.amazonaws.com"}},
          .body = {}};
}

// The suite's get-vanilla, post-vanilla and get-vanilla-query-order-key-case.
TEST(SigV4, SignsThePublishedVectors) {
  EXPECT_EQ(authorization(request("GET")),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=host;x-amz-date, "
            "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  EXPECT_THAT(
      authorization(request("POST")),
      HasSubstr("Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"));
  RequestToSign query = request("GET");
  query.query = {{"Param2", "value2"}, {"Param1", "value1"}};
  EXPECT_THAT(
      authorization(query),
      HasSubstr("Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"));
}

TEST(SigV4, WritesTheCanonicalRequestAsDocumented) {
  RequestToSign r = request("POST");
  r.headers.push_back({"X-Two", "  a   b "});
  r.headers.push_back({"x-two", "c"});
  r.query = {{"b c", "1/2"}, {"a", ""}};
  EXPECT_EQ(canonical_request(r),
            "POST\n/\na=&b%20c=1%2F2\nhost:example.amazonaws.com\nx-two:a b,c\n\nhost;x-two\n"
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(SigV4, SignsTheSessionToken) {
  AwsKeys keys = kKeys;
  keys.session_token = "token";
  Headers added = sign_v4(request("POST"), kScope, keys);
  ASSERT_EQ(added.size(), 3u);
  EXPECT_EQ(added[0], (std::pair<std::string, std::string>("X-Amz-Date", "20150830T123600Z")));
  EXPECT_EQ(added[1].second, "token");
  EXPECT_THAT(added[2].second, HasSubstr("SignedHeaders=host;x-amz-date;x-amz-security-token,"));
  EXPECT_NE(added[2].second, authorization(request("POST")));
}

TEST(SigV4, EveryPartOfTheRequestChangesTheSignature) {
  const std::string base = authorization(request("POST"));
  RequestToSign path = request("POST");
  path.path = "/a";
  RequestToSign body = request("POST");
  body.body = "x";
  RequestToSign host = request("POST");
  host.headers[0].second = "example.com";
  for (const RequestToSign& other : {path, body, host}) EXPECT_NE(authorization(other), base);
}

}  // namespace
}  // namespace cb::wire
