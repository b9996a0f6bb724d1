#include "core/advice/cloud_error.h"

#include <gtest/gtest.h>

namespace cb::core {
namespace {

using enum FailureClass;

TEST(Classify, PutsEveryNamedCodeIntoItsClass) {
  struct {
    FailureClass what;
    std::vector<std::string_view> codes;
  } table[] = {
      {kCapacity,
       {"InsufficientInstanceCapacity", "InsufficientHostCapacity", "UnfulfillableCapacity",
        "Unsupported", "InsufficientFreeAddressesInSubnet", "SpotMaxPriceTooLow",
        "Server.InsufficientInstanceCapacity", "Server.SpotInstanceTermination"}},
      {kQuota,
       {"MaxSpotInstanceCountExceeded", "VcpuLimitExceeded", "InstanceLimitExceeded",
        "MaxFleetCountExceeded", "Client.VolumeLimitExceeded"}},
      {kThrottle, {"RequestLimitExceeded", "Throttling", "ThrottlingException"}},
      {kDenied,
       {"UnauthorizedOperation", "AuthFailure", "OptInRequired", "ExpiredToken", "RequestExpired",
        "SignatureDoesNotMatch", "InvalidClientTokenId",
        "AuthFailure.ServiceLinkedRoleCreationNotPermitted"}},
      {kBadConfig,
       {"InvalidAMIID.NotFound", "InvalidAMIID.Malformed", "InvalidGroup.NotFound",
        "InvalidKeyPair.NotFound", "InvalidSubnetID.NotFound", "InvalidParameterValue",
        "InvalidParameterCombination", "Client.InternalError", "VPCIdNotSpecified"}},
      {kNotYetVisible, {"InvalidInstanceID.NotFound"}},
      {kTokenEnded, {"IdempotentInstanceTerminated"}},
      {kTokenMismatch, {"IdempotentParameterMismatch"}},
      {kUnexpected,
       {"", "Server.InternalError", "Client.UserInitiatedShutdown", "DryRunOperation", "Nonsense",
        "InvalidInstanceID.Malformed"}},
  };
  for (const auto& [what, codes] : table) {
    for (std::string_view code : codes) EXPECT_EQ(classify(code, 400), what) << code;
  }
}

TEST(Classify, TheCodeDecidesBeforeTheStatus) {
  EXPECT_EQ(classify("RequestLimitExceeded", 503), kThrottle);
  EXPECT_EQ(classify("InsufficientInstanceCapacity", 500), kCapacity);
}

TEST(Classify, AnUnknownCodeOfAServerErrorHasAnUnknownOutcome) {
  EXPECT_EQ(classify("InternalError", 500), kUnknownOutcome);
  EXPECT_EQ(classify("Unavailable", 503), kUnknownOutcome);
  EXPECT_EQ(classify("", 502), kUnknownOutcome);
  EXPECT_EQ(classify("", 429), kThrottle);
  EXPECT_EQ(classify("", 404), kUnexpected);
}

TEST(RefusesIdentity, TellsBadKeysFromMissingRights) {
  for (std::string_view code : {"AuthFailure", "RequestExpired", "SignatureDoesNotMatch",
                                "ExpiredToken", "InvalidClientTokenId"}) {
    EXPECT_TRUE(refuses_identity(code)) << code;
  }
  for (std::string_view code :
       {"UnauthorizedOperation", "AccessDeniedException", "OptInRequired", "Blocked", "",
        "AuthFailure.ServiceLinkedRoleCreationNotPermitted", "RequestLimitExceeded"}) {
    EXPECT_FALSE(refuses_identity(code)) << code;
  }
}

}  // namespace
}  // namespace cb::core
