#include "core/advice/cloud_error.h"

#include <algorithm>
#include <iterator>

namespace cb::core {
namespace {

struct Row {
  std::string_view code;  // a trailing '*' stands for any rest
  FailureClass what;
};

using enum FailureClass;
constexpr Row kTable[] = {
    {"InsufficientInstanceCapacity", kCapacity},
    {"InsufficientHostCapacity", kCapacity},
    {"InsufficientCapacity", kCapacity},
    {"UnfulfillableCapacity", kCapacity},
    {"Unsupported", kCapacity},  // "not supported in your requested Availability Zone"
    {"InsufficientFreeAddressesInSubnet", kCapacity},
    {"SpotMaxPriceTooLow", kCapacity},
    {"SpotInstanceTermination", kCapacity},
    {"SpotInstanceShutdown", kCapacity},

    {"MaxSpotInstanceCountExceeded", kQuota},
    {"VcpuLimitExceeded", kQuota},
    {"InstanceLimitExceeded", kQuota},
    {"MaxFleetCountExceeded", kQuota},
    {"VolumeLimitExceeded", kQuota},
    {"MaxIOPSLimitExceeded", kQuota},

    {"RequestLimitExceeded", kThrottle},
    {"Throttling", kThrottle},
    {"ThrottlingException", kThrottle},
    {"ThrottledException", kThrottle},
    {"RequestThrottled", kThrottle},
    {"RequestThrottledException", kThrottle},
    {"EC2ThrottledException", kThrottle},
    {"TooManyRequestsException", kThrottle},
    {"SlowDown", kThrottle},

    {"UnauthorizedOperation", kDenied},
    {"AuthFailure*", kDenied},
    {"OptInRequired", kDenied},
    {"AccessDenied*", kDenied},
    {"Blocked", kDenied},
    {"PendingVerification", kDenied},
    {"SignatureDoesNotMatch", kDenied},
    {"IncompleteSignature", kDenied},
    {"InvalidSignature*", kDenied},
    {"MissingAuthenticationToken*", kDenied},
    {"InvalidClientTokenId", kDenied},
    {"InvalidAccessKeyId", kDenied},
    {"UnrecognizedClient*", kDenied},
    {"InvalidSecurity", kDenied},
    {"ExpiredToken*", kDenied},
    {"RequestExpired", kDenied},
    {"RequestTimeTooSkewed", kDenied},

    {"InvalidAMIID.*", kBadConfig},
    {"InvalidAMI*", kBadConfig},
    {"InvalidGroup.*", kBadConfig},
    {"InvalidSecurityGroup*", kBadConfig},
    {"InvalidKeyPair.*", kBadConfig},
    {"InvalidSubnet*", kBadConfig},
    {"InvalidParameter*", kBadConfig},
    {"InvalidIamInstanceProfile*", kBadConfig},
    {"InvalidUserData*", kBadConfig},
    {"InvalidInstanceType*", kBadConfig},
    {"InvalidZone*", kBadConfig},
    {"InvalidAvailabilityZone*", kBadConfig},
    {"InvalidVpc*", kBadConfig},
    {"InvalidSnapshot*", kBadConfig},
    {"InvalidBlockDeviceMapping", kBadConfig},
    {"MissingParameter", kBadConfig},
    {"UnknownParameter", kBadConfig},
    {"UnsupportedOperation", kBadConfig},
    {"VPCIdNotSpecified", kBadConfig},  // no default VPC, and no subnet configured
    {"VPCResourceNotSpecified", kBadConfig},
    {"DefaultVpcDoesNotExist", kBadConfig},

    {"InvalidInstanceID.NotFound", kNotYetVisible},
    {"IdempotentInstanceTerminated", kTokenEnded},
    {"IdempotentParameterMismatch", kTokenMismatch},
};

bool matches(std::string_view pattern, std::string_view code) {
  if (pattern.ends_with('*')) return code.starts_with(pattern.substr(0, pattern.size() - 1));
  return code == pattern;
}

}  // namespace

std::string_view without_side(std::string_view code) {
  for (std::string_view side : {"Server.", "Client."}) {
    if (code.starts_with(side)) return code.substr(side.size());
  }
  return code;
}

FailureClass classify(std::string_view aws_code, int http_status) {
  // StateReason of an instance that ended at once: nearly always a disk key it may not use.
  if (aws_code == "Client.InternalError") return kBadConfig;
  std::string_view code = without_side(aws_code);
  for (const Row& row : kTable) {
    if (matches(row.code, code)) return row.what;
  }
  if (http_status == 429) return kThrottle;
  return http_status >= 500 ? kUnknownOutcome : kUnexpected;
}

bool refuses_identity(std::string_view aws_code) {
  constexpr std::string_view kAboutRights[] = {
      "UnauthorizedOperation", "AccessDenied*", "AuthFailure.ServiceLinked*",
      "OptInRequired",         "Blocked",       "PendingVerification"};
  const std::string_view code = without_side(aws_code);
  if (classify(code, 0) != kDenied) return false;
  return std::none_of(std::begin(kAboutRights), std::end(kAboutRights),
                      [&](std::string_view pattern) { return matches(pattern, code); });
}

bool concerns_the_call(const CloudFailure& failure) {
  return failure.what == kThrottle || failure.what == kUnreachable ||
         failure.what == kUnknownOutcome || refuses_identity(failure.code);
}

}  // namespace cb::core
