#include "ec2sim/api/parameters.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "ec2sim/api/refusal.h"

namespace cb::ec2sim {
namespace {

// What a value may be: kText is anything; else the allowed words, divided by '|'.
constexpr std::string_view kText = "";
constexpr std::string_view kNumber = "#";
constexpr std::string_view kFlag = "true|false";
// Known to EC2, but it would mean something here that the simulator does not do.
constexpr std::string_view kNotModelled = "!";

struct Row {
  std::string_view action;
  std::string_view pattern;  // N stands for a number from 1 on; a trailing '*' for any rest
  std::string_view allowed;
};

constexpr std::string_view kRun = "RunInstances";
constexpr std::string_view kInstances = "DescribeInstances";
constexpr std::string_view kTerminate = "TerminateInstances";
constexpr std::string_view kTags = "CreateTags";
constexpr std::string_view kImages = "DescribeImages";
constexpr std::string_view kKeys = "DescribeKeyPairs";
constexpr std::string_view kGroups = "DescribeSecurityGroups";
constexpr std::string_view kRegions = "DescribeRegions";

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html and its siblings;
// tests/ec2sim compares the names with botocore's model.
constexpr Row kRows[] = {
    {"*", "Action", kText},
    {"*", "Version", kText},
    {"*", "DryRun", kFlag},

    {kRun, "ImageId", kText},
    {kRun, "InstanceType", kText},
    {kRun, "MinCount", kNumber},
    {kRun, "MaxCount", kNumber},
    {kRun, "KeyName", kText},
    {kRun, "SecurityGroupId.N", kText},
    {kRun, "SecurityGroup.N", kText},
    {kRun, "SubnetId", kText},
    {kRun, "UserData", kText},
    {kRun, "ClientToken", kText},
    {kRun, "IamInstanceProfile.Arn", kText},
    {kRun, "IamInstanceProfile.Name", kText},
    {kRun, "InstanceInitiatedShutdownBehavior", "stop|terminate"},
    {kRun, "InstanceMarketOptions.MarketType",
     "spot|capacity-block|interruptible-capacity-reservation"},
    {kRun, "InstanceMarketOptions.SpotOptions.MaxPrice", kText},
    {kRun, "InstanceMarketOptions.SpotOptions.SpotInstanceType", "one-time|persistent"},
    {kRun, "InstanceMarketOptions.SpotOptions.ValidUntil", kText},
    {kRun, "InstanceMarketOptions.SpotOptions.BlockDurationMinutes", kNotModelled},
    {kRun, "InstanceMarketOptions.SpotOptions.InstanceInterruptionBehavior",
     "hibernate|stop|terminate"},
    {kRun, "Placement.AvailabilityZone", kText},
    {kRun, "Placement.Tenancy", "default|dedicated|host"},
    {kRun, "Placement.*", kNotModelled},
    {kRun, "TagSpecification.N.ResourceType", kText},
    {kRun, "TagSpecification.N.Tag.N.Key", kText},
    {kRun, "TagSpecification.N.Tag.N.Value", kText},
    {kRun, "MetadataOptions.HttpTokens", "optional|required"},
    {kRun, "MetadataOptions.HttpPutResponseHopLimit", kNumber},
    {kRun, "MetadataOptions.HttpEndpoint", "disabled|enabled"},
    {kRun, "MetadataOptions.HttpProtocolIpv6", "disabled|enabled"},
    {kRun, "MetadataOptions.InstanceMetadataTags", "disabled|enabled"},
    {kRun, "NetworkInterface.N.AssociatePublicIpAddress", kFlag},
    {kRun, "NetworkInterface.N.DeleteOnTermination", kFlag},
    {kRun, "NetworkInterface.N.Description", kText},
    {kRun, "NetworkInterface.N.DeviceIndex", kNumber},
    {kRun, "NetworkInterface.N.SecurityGroupId.N", kText},
    {kRun, "NetworkInterface.N.SubnetId", kText},
    {kRun, "NetworkInterface.N.InterfaceType", kText},
    {kRun, "NetworkInterface.N.NetworkInterfaceId", kNotModelled},
    {kRun, "NetworkInterface.N.PrivateIpAddress", kNotModelled},
    {kRun, "NetworkInterface.N.PrivateIpAddresses.*", kNotModelled},
    {kRun, "NetworkInterface.N.SecondaryPrivateIpAddressCount", kNotModelled},
    {kRun, "NetworkInterface.N.AssociateCarrierIpAddress", kNotModelled},
    {kRun, "NetworkInterface.N.NetworkCardIndex", kNotModelled},
    {kRun, "NetworkInterface.N.Ipv*", kNotModelled},
    {kRun, "NetworkInterface.N.PrimaryIpv6", kNotModelled},
    {kRun, "NetworkInterface.N.EnaSrdSpecification.*", kNotModelled},
    {kRun, "NetworkInterface.N.EnaQueueCount", kNotModelled},
    {kRun, "NetworkInterface.N.ConnectionTrackingSpecification.*", kNotModelled},
    {kRun, "BlockDeviceMapping.N.DeviceName", kText},
    {kRun, "BlockDeviceMapping.N.NoDevice", kText},
    {kRun, "BlockDeviceMapping.N.VirtualName", kText},
    {kRun, "BlockDeviceMapping.N.Ebs.DeleteOnTermination", kFlag},
    {kRun, "BlockDeviceMapping.N.Ebs.Encrypted", kFlag},
    {kRun, "BlockDeviceMapping.N.Ebs.Iops", kNumber},
    {kRun, "BlockDeviceMapping.N.Ebs.KmsKeyId", kText},
    {kRun, "BlockDeviceMapping.N.Ebs.SnapshotId", kText},
    {kRun, "BlockDeviceMapping.N.Ebs.Throughput", kNumber},
    {kRun, "BlockDeviceMapping.N.Ebs.VolumeSize", kNumber},
    {kRun, "BlockDeviceMapping.N.Ebs.VolumeType", "standard|io1|io2|gp2|sc1|st1|gp3"},
    {kRun, "BlockDeviceMapping.N.Ebs.VolumeInitializationRate", kNumber},
    {kRun, "BlockDeviceMapping.N.Ebs.OutpostArn", kNotModelled},
    {kRun, "BlockDeviceMapping.N.Ebs.AvailabilityZone", kNotModelled},
    {kRun, "BlockDeviceMapping.N.Ebs.AvailabilityZoneId", kNotModelled},
    {kRun, "BlockDeviceMapping.N.Ebs.EbsCardIndex", kNotModelled},
    {kRun, "Monitoring.Enabled", kFlag},
    {kRun, "EbsOptimized", kFlag},
    {kRun, "CreditSpecification.CpuCredits", kText},
    {kRun, "CpuOptions.CoreCount", kNumber},
    {kRun, "CpuOptions.ThreadsPerCore", kNumber},
    {kRun, "CpuOptions.AmdSevSnp", "enabled|disabled"},
    {kRun, "CpuOptions.NestedVirtualization", "enabled|disabled"},
    {kRun, "MaintenanceOptions.AutoRecovery", "disabled|default"},
    {kRun, "NetworkPerformanceOptions.BandwidthWeighting", "default|vpc-1|ebs-1"},
    {kRun, "PrivateDnsNameOptions.HostnameType", "ip-name|resource-name"},
    {kRun, "PrivateDnsNameOptions.EnableResourceNameDnsARecord", kFlag},
    {kRun, "PrivateDnsNameOptions.EnableResourceNameDnsAAAARecord", kFlag},
    {kRun, "CapacityReservationSpecification.CapacityReservationPreference",
     "capacity-reservations-only|open|none"},
    {kRun, "CapacityReservationSpecification.CapacityReservationTarget.*", kNotModelled},
    {kRun, "AdditionalInfo", kNotModelled},
    {kRun, "DisableApiStop", kNotModelled},
    {kRun, "DisableApiTermination", kNotModelled},
    {kRun, "ElasticGpuSpecification.*", kNotModelled},
    {kRun, "ElasticInferenceAccelerator.*", kNotModelled},
    {kRun, "EnablePrimaryIpv6", kNotModelled},
    {kRun, "EnclaveOptions.*", kNotModelled},
    {kRun, "HibernationOptions.*", kNotModelled},
    {kRun, "Ipv6Address.*", kNotModelled},
    {kRun, "Ipv6AddressCount", kNotModelled},
    {kRun, "KernelId", kNotModelled},
    {kRun, "LaunchTemplate.*", kNotModelled},
    {kRun, "LicenseSpecification.*", kNotModelled},
    {kRun, "Operator.*", kNotModelled},
    {kRun, "PrivateIpAddress", kNotModelled},
    {kRun, "RamdiskId", kNotModelled},
    {kRun, "SecondaryInterface.*", kNotModelled},

    {kInstances, "InstanceId.N", kText},
    {kInstances, "Filter.N.Name", kText},
    {kInstances, "Filter.N.Value.N", kText},
    {kInstances, "MaxResults", kNumber},
    {kInstances, "NextToken", kText},
    {kInstances, "IncludeManagedResources", kFlag},

    {kTerminate, "InstanceId.N", kText},
    {kTerminate, "Force", kFlag},
    {kTerminate, "SkipOsShutdown", kFlag},

    {kTags, "ResourceId.N", kText},
    {kTags, "Tag.N.Key", kText},
    {kTags, "Tag.N.Value", kText},

    {kImages, "ImageId.N", kText},
    {kImages, "Owner.N", kText},
    {kImages, "ExecutableBy.N", kText},
    {kImages, "Filter.N.Name", kText},
    {kImages, "Filter.N.Value.N", kText},
    {kImages, "IncludeDeprecated", kFlag},
    {kImages, "IncludeDisabled", kFlag},
    {kImages, "MaxResults", kNumber},
    {kImages, "NextToken", kText},

    {kKeys, "KeyName.N", kText},
    {kKeys, "KeyPairId.N", kNotModelled},
    {kKeys, "IncludePublicKey", kFlag},
    {kKeys, "Filter.N.Name", kText},
    {kKeys, "Filter.N.Value.N", kText},

    {kGroups, "GroupId.N", kText},
    {kGroups, "GroupName.N", kText},
    {kGroups, "Filter.N.Name", kText},
    {kGroups, "Filter.N.Value.N", kText},
    {kGroups, "MaxResults", kNumber},
    {kGroups, "NextToken", kText},

    {kRegions, "RegionName.N", kText},
    {kRegions, "AllRegions", kFlag},
    {kRegions, "Filter.N.Name", kText},
    {kRegions, "Filter.N.Value.N", kText},

    {"GetCallerIdentity", "Action", kText},
};

bool same_part(std::string_view pattern, std::string_view part) {
  if (pattern != "N") return pattern == part;
  const auto number = parse_int(part);
  return number && *number >= 1;
}

bool fits(std::string_view pattern, std::string_view name) {
  const bool open = pattern.ends_with('*');
  const auto wanted = split(open ? pattern.substr(0, pattern.size() - 1) : pattern, '.');
  const auto parts = split(name, '.');
  if (open ? parts.size() < wanted.size() : parts.size() != wanted.size()) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const bool last_of_open = open && i + 1 == wanted.size();
    if (last_of_open ? !parts[i].starts_with(wanted[i]) : !same_part(wanted[i], parts[i])) {
      return false;
    }
  }
  return true;
}

void check_value(const Row& row, const std::string& name, const std::string& value) {
  if (row.allowed == kNotModelled) {
    throw Refusal{"UnsupportedOperation", str("The simulator does not model ", name, ".")};
  }
  bool good = true;
  if (row.allowed == kNumber) {
    good = parse_int(value).has_value();
  } else if (row.allowed != kText) {
    good = std::ranges::count(split(row.allowed, '|'), std::string_view(value)) > 0;
  }
  if (!good) {
    throw Refusal{"InvalidParameterValue",
                  str("Value (", value, ") for parameter ", name, " is invalid.")};
  }
}

void check_parameter(std::string_view action, const std::string& name, const std::string& value) {
  for (const Row& row : kRows) {
    if ((row.action == "*" || row.action == action) && fits(row.pattern, name)) {
      return check_value(row, name, value);
    }
  }
  throw Refusal{"UnknownParameter", str("The parameter ", name, " is not recognized")};
}

void check_version(std::string_view action, const std::string& version) {
  const std::string_view wanted = action == "GetCallerIdentity" ? "2011-06-15" : "2016-11-15";
  if (version != wanted) {
    throw Refusal{"InvalidAction",
                  str("The action ", action, " is not valid for this web service (version ",
                      version, "; the simulator knows ", wanted, ").")};
  }
}

}  // namespace

void check_parameters(std::string_view action, const Parameters& parameters) {
  if (action.empty()) {
    throw Refusal{"MissingAction", "The request must contain the parameter Action"};
  }
  if (std::ranges::count(known_actions(), action) == 0) {
    throw Refusal{"InvalidAction",
                  str("The action ", action, " is not valid for this web service.")};
  }
  check_version(action, Query(parameters).text("Version"));
  for (const auto& [name, value] : parameters) check_parameter(action, name, value);
}

std::vector<std::string_view> known_actions() {
  std::vector<std::string_view> actions;
  for (const Row& row : kRows) {
    if (row.action != "*" && (actions.empty() || actions.back() != row.action)) {
      actions.push_back(row.action);
    }
  }
  return actions;
}

}  // namespace cb::ec2sim
