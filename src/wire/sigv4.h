#pragma once
// AWS Signature Version 4, with the signature in the Authorization header. Pure: the time is given.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace cb::wire {

// Secret: never log, print or compare it in messages. `session_token` is empty for long-term keys.
struct AwsKeys {
  std::string id;
  std::string secret;
  std::string session_token;
  bool operator==(const AwsKeys&) const = default;
};

struct SigningScope {
  std::string region;
  std::string service;  // "ec2", "sts"
  WallTime time;        // AWS refuses what is more than 5 minutes off its own clock
};

using Headers = std::vector<std::pair<std::string, std::string>>;

struct RequestToSign {
  std::string method = "POST";
  std::string path = "/";  // as it stands in the request line, without the query
  std::vector<std::pair<std::string, std::string>> query;  // decoded names and values, any order
  Headers headers;  // all are signed; names in any case; Host is needed
  std::string_view body;
};

// The string whose hash is signed. For a peer that checks signatures: pass the headers that the
// request lists as signed.
std::string canonical_request(const RequestToSign& request);

// The hexadecimal signature of `canonical` under `secret`.
std::string sigv4_signature(std::string_view canonical, const SigningScope& scope,
                            std::string_view secret);

// What must be sent besides `request.headers`, which are sent as they are: X-Amz-Date,
// X-Amz-Security-Token where there is one, and Authorization. `request` must hold none of them.
Headers sign_v4(const RequestToSign& request, const SigningScope& scope, const AwsKeys& keys);

// "20261123T100000Z", as in X-Amz-Date.
std::string amz_date(WallTime time);

}  // namespace cb::wire
