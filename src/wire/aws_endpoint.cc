#include "wire/aws_endpoint.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace cb::wire {
namespace {

struct Partition {
  std::string_view regions;  // what the names of its regions begin with
  std::string_view domain;
  std::string_view dual_stack_domain;
};
constexpr Partition kPublic{"", "amazonaws.com", "api.aws"};
constexpr std::string_view kGovernment = "us-gov-";
constexpr std::array<Partition, 7> kPartitions{{
    {"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    {kGovernment, "amazonaws.com", "api.aws"},
    {"eusc-de-", "amazonaws.eu", "api.amazonwebservices.eu"},
    {"us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
    {"us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
    {"eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
    {"us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
}};

// Those that had no STS of their own at first.
constexpr std::array<std::string_view, 15> kFormerlyWithoutSts{
    "ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
    "eu-central-1",   "eu-north-1", "eu-west-1",      "eu-west-2",      "eu-west-3",
    "sa-east-1",      "us-east-1",  "us-east-2",      "us-west-1",      "us-west-2"};

// "east-1": what follows a partition's beginning.
bool is_place_and_number(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == 0 || dash == text.npos || text.find('-', dash + 1) != text.npos) return false;
  const std::string_view number = text.substr(dash + 1);
  return !number.empty() && number.find_first_not_of("0123456789") == number.npos;
}

const Partition& partition_of(std::string_view region) {
  const auto found =
      std::find_if(kPartitions.begin(), kPartitions.end(), [&](const Partition& partition) {
        return region.starts_with(partition.regions) &&
               is_place_and_number(region.substr(partition.regions.size()));
      });
  return found == kPartitions.end() ? kPublic : *found;
}

}  // namespace

AwsEndpoint aws_endpoint(std::string_view service, std::string_view region,
                         const AwsEndpointKind& kind) {
  const bool plain = !kind.fips && !kind.dual_stack;
  if (service == "sts" && kind.sts_legacy && plain &&
      std::find(kFormerlyWithoutSts.begin(), kFormerlyWithoutSts.end(), region) !=
          kFormerlyWithoutSts.end()) {
    return {"https://sts.amazonaws.com", "us-east-1"};
  }
  const Partition& partition = partition_of(region);
  // The government's regions have no other endpoints than validated ones.
  const bool named_fips = kind.fips && (kind.dual_stack || partition.regions != kGovernment);
  return {str("https://", service, named_fips ? "-fips." : ".", region, '.',
              kind.dual_stack ? partition.dual_stack_domain : partition.domain),
          std::string(region)};
}

}  // namespace cb::wire
