#pragma once
// Where AWS answers for a service in a region, and for which region a call there is signed.
// https://docs.aws.amazon.com/general/latest/gr/rande.html

#include <string>
#include <string_view>

namespace cb::wire {

struct AwsEndpointKind {
  bool fips = false;
  bool dual_stack = false;
  bool sts_legacy = false;  // STS of the older regions at its one former address, in us-east-1
  bool operator==(const AwsEndpointKind&) const = default;
};

struct AwsEndpoint {
  std::string url;
  std::string region;  // for the signature
};

// `service` is "ec2" or "sts". A region that belongs to no partition we know of is taken for one of
// the public partition, as AWS's own tools do.
AwsEndpoint aws_endpoint(std::string_view service, std::string_view region,
                         const AwsEndpointKind& kind);

}  // namespace cb::wire
