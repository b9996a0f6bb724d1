#include "ec2sim/api/parameter_rows.h"

namespace cb::ec2sim {
namespace {

constexpr std::string_view kRun = "RunInstances";
constexpr std::string_view kInstances = "DescribeInstances";
constexpr std::string_view kTerminate = "TerminateInstances";
constexpr std::string_view kStop = "StopInstances";
constexpr std::string_view kStart = "StartInstances";
constexpr std::string_view kModify = "ModifyInstanceAttribute";
constexpr std::string_view kTags = "CreateTags";
constexpr std::string_view kImages = "DescribeImages";
constexpr std::string_view kKeys = "DescribeKeyPairs";
constexpr std::string_view kGroups = "DescribeSecurityGroups";
constexpr std::string_view kRegions = "DescribeRegions";
constexpr std::string_view kCreateTemplate = "CreateLaunchTemplate";
constexpr std::string_view kTemplates = "DescribeLaunchTemplates";
constexpr std::string_view kVersions = "DescribeLaunchTemplateVersions";
constexpr std::string_view kDeleteTemplate = "DeleteLaunchTemplate";
constexpr std::string_view kFleet = "CreateFleet";
constexpr std::string_view kZones = "DescribeAvailabilityZones";
constexpr std::string_view kSubnets = "DescribeSubnets";
constexpr std::string_view kTypes = "DescribeInstanceTypes";
constexpr std::string_view kOfferings = "DescribeInstanceTypeOfferings";
constexpr std::string_view kPrices = "DescribeSpotPriceHistory";

constexpr ParameterRow kActionRows[] = {
    {"*", "Action", kText},
    {"*", "Version", kText},
    {"*", "DryRun", kFlag},
    {"Describe*", "Filter.N.Name", kText},
    {"Describe*", "Filter.N.Value.N", kText},

    {kRun, "MinCount", kNumber},
    {kRun, "MaxCount", kNumber},
    {kRun, "SubnetId", kText},
    {kRun, "ClientToken", kText},
    {kRun, "BlockDeviceMapping.N.Ebs.OutpostArn", kNotModelled},
    {kRun, "BlockDeviceMapping.N.Ebs.AvailabilityZone", kNotModelled},
    {kRun, "BlockDeviceMapping.N.Ebs.AvailabilityZoneId", kNotModelled},
    {kRun, "AdditionalInfo", kNotModelled},
    {kRun, "EnablePrimaryIpv6", kNotModelled},
    {kRun, "Ipv6Address.*", kNotModelled},
    {kRun, "Ipv6AddressCount", kNotModelled},
    {kRun, "LaunchTemplate.LaunchTemplateId", kText},
    {kRun, "LaunchTemplate.LaunchTemplateName", kText},
    {kRun, "LaunchTemplate.Version", kText},
    {kRun, "PrivateIpAddress", kNotModelled},
    {kRun, "RamdiskId", kNotModelled},

    {kInstances, "InstanceId.N", kText},
    {kInstances, "MaxResults", kNumber},
    {kInstances, "NextToken", kText},
    {kInstances, "IncludeManagedResources", kFlag},

    {kTerminate, "InstanceId.N", kText},
    {kTerminate, "Force", kFlag},
    {kTerminate, "SkipOsShutdown", kFlag},

    {kStop, "InstanceId.N", kText},
    {kStop, "Force", kFlag},
    {kStop, "Hibernate", kFlag},
    {kStop, "SkipOsShutdown", kFlag},

    {kStart, "InstanceId.N", kText},
    {kStart, "AdditionalInfo", kNotModelled},

    {kModify, "InstanceId", kText},
    {kModify, "Attribute", kText},
    {kModify, "Value", kText},
    {kModify, "DisableApiTermination.Value", kFlag},
    {kModify, "InstanceInitiatedShutdownBehavior.Value", "stop|terminate"},
    {kModify, "BlockDeviceMapping.*", kNotModelled},
    {kModify, "DisableApiStop.Value", kNotModelled},
    {kModify, "EbsOptimized.Value", kNotModelled},
    {kModify, "EnaSupport.Value", kNotModelled},
    {kModify, "GroupId.N", kNotModelled},
    {kModify, "InstanceType.Value", kNotModelled},
    {kModify, "Kernel.Value", kNotModelled},
    {kModify, "Ramdisk.Value", kNotModelled},
    {kModify, "SourceDestCheck.Value", kNotModelled},
    {kModify, "SriovNetSupport.Value", kNotModelled},
    {kModify, "UserData.Value", kNotModelled},

    {kTags, "ResourceId.N", kText},
    {kTags, "Tag.N.Key", kText},
    {kTags, "Tag.N.Value", kText},

    {kCreateTemplate, "LaunchTemplateName", kText},
    {kCreateTemplate, "VersionDescription", kText},
    {kCreateTemplate, "ClientToken", kText},
    {kCreateTemplate, "TagSpecification.N.ResourceType", kText},
    {kCreateTemplate, "TagSpecification.N.Tag.N.Key", kText},
    {kCreateTemplate, "TagSpecification.N.Tag.N.Value", kText},
    {kCreateTemplate, "LaunchTemplateData.InstanceRequirements.*", kNotModelled},
    {kCreateTemplate, "LaunchTemplateData.RamDiskId", kNotModelled},
    {kCreateTemplate, "Operator.*", kNotModelled},

    {kTemplates, "LaunchTemplateId.N", kText},
    {kTemplates, "LaunchTemplateName.N", kText},
    {kTemplates, "MaxResults", kNumber},
    {kTemplates, "NextToken", kText},
    {kTemplates, "IncludeManagedResources", kFlag},

    {kVersions, "LaunchTemplateId", kText},
    {kVersions, "LaunchTemplateName", kText},
    {kVersions, "LaunchTemplateVersion.N", kText},
    {kVersions, "MaxResults", kNumber},
    {kVersions, "NextToken", kText},
    {kVersions, "IncludeManagedResources", kFlag},
    {kVersions, "ResolveAlias", kFlag},
    {kVersions, "MinVersion", kNotModelled},
    {kVersions, "MaxVersion", kNotModelled},

    {kDeleteTemplate, "LaunchTemplateId", kText},
    {kDeleteTemplate, "LaunchTemplateName", kText},

    {kFleet, "ClientToken", kText},
    {kFleet, "Type", "request|maintain|instant"},
    {kFleet, "TargetCapacitySpecification.TotalTargetCapacity", kNumber},
    {kFleet, "TargetCapacitySpecification.OnDemandTargetCapacity", kNumber},
    {kFleet, "TargetCapacitySpecification.SpotTargetCapacity", kNumber},
    {kFleet, "TargetCapacitySpecification.DefaultTargetCapacityType",
     "spot|on-demand|capacity-block|reserved-capacity"},
    {kFleet, "TargetCapacitySpecification.TargetCapacityUnitType", kNotModelled},
    {kFleet, "SpotOptions.AllocationStrategy",
     "lowest-price|diversified|capacity-optimized|capacity-optimized-prioritized|"
     "price-capacity-optimized"},
    {kFleet, "SpotOptions.InstanceInterruptionBehavior", "hibernate|stop|terminate"},
    {kFleet, "SpotOptions.SingleInstanceType", kFlag},
    {kFleet, "SpotOptions.SingleAvailabilityZone", kFlag},
    {kFleet, "SpotOptions.MinTargetCapacity", kNumber},
    {kFleet, "SpotOptions.*", kNotModelled},
    {kFleet, "OnDemandOptions.AllocationStrategy", "lowest-price|prioritized"},
    {kFleet, "OnDemandOptions.SingleInstanceType", kFlag},
    {kFleet, "OnDemandOptions.SingleAvailabilityZone", kFlag},
    {kFleet, "OnDemandOptions.MinTargetCapacity", kNumber},
    {kFleet, "OnDemandOptions.*", kNotModelled},
    {kFleet, "LaunchTemplateConfigs.N.LaunchTemplateSpecification.LaunchTemplateId", kText},
    {kFleet, "LaunchTemplateConfigs.N.LaunchTemplateSpecification.LaunchTemplateName", kText},
    {kFleet, "LaunchTemplateConfigs.N.LaunchTemplateSpecification.Version", kText},
    {kFleet, "LaunchTemplateConfigs.N.Overrides.N.InstanceType", kText},
    {kFleet, "LaunchTemplateConfigs.N.Overrides.N.SubnetId", kText},
    {kFleet, "LaunchTemplateConfigs.N.Overrides.N.AvailabilityZone", kText},
    {kFleet, "LaunchTemplateConfigs.N.Overrides.N.ImageId", kText},
    {kFleet, "LaunchTemplateConfigs.N.Overrides.N.MaxPrice", kText},
    {kFleet, "LaunchTemplateConfigs.N.Overrides.N.Priority", kDecimal},
    {kFleet, "LaunchTemplateConfigs.N.Overrides.N.AvailabilityZoneId", kNotModelled},
    {kFleet, "LaunchTemplateConfigs.N.Overrides.N.BlockDeviceMapping.*", kNotModelled},
    {kFleet, "LaunchTemplateConfigs.N.Overrides.N.InstanceRequirements.*", kNotModelled},
    {kFleet, "LaunchTemplateConfigs.N.Overrides.N.Placement.*", kNotModelled},
    {kFleet, "LaunchTemplateConfigs.N.Overrides.N.WeightedCapacity", kNotModelled},
    {kFleet, "TagSpecification.N.ResourceType", kText},
    {kFleet, "TagSpecification.N.Tag.N.Key", kText},
    {kFleet, "TagSpecification.N.Tag.N.Value", kText},
    {kFleet, "ExcessCapacityTerminationPolicy", "no-termination|termination"},
    {kFleet, "ReplaceUnhealthyInstances", kFlag},
    {kFleet, "TerminateInstancesWithExpiration", kFlag},
    {kFleet, "Context", kNotModelled},
    {kFleet, "ReservedCapacityOptions.*", kNotModelled},
    {kFleet, "ValidFrom", kNotModelled},
    {kFleet, "ValidUntil", kNotModelled},

    {kImages, "ImageId.N", kText},
    {kImages, "Owner.N", kText},
    {kImages, "ExecutableBy.N", kText},
    {kImages, "IncludeDeprecated", kFlag},
    {kImages, "IncludeDisabled", kFlag},
    {kImages, "MaxResults", kNumber},
    {kImages, "NextToken", kText},

    {kKeys, "KeyName.N", kText},
    {kKeys, "KeyPairId.N", kNotModelled},
    {kKeys, "IncludePublicKey", kFlag},

    {kGroups, "GroupId.N", kText},
    {kGroups, "GroupName.N", kText},
    {kGroups, "MaxResults", kNumber},
    {kGroups, "NextToken", kText},

    {kRegions, "RegionName.N", kText},
    {kRegions, "AllRegions", kFlag},

    {kZones, "ZoneName.N", kText},
    {kZones, "ZoneId.N", kText},
    {kZones, "AllAvailabilityZones", kFlag},

    {kSubnets, "SubnetId.N", kText},
    {kSubnets, "MaxResults", kNumber},
    {kSubnets, "NextToken", kText},

    {kTypes, "InstanceType.N", kText},
    {kTypes, "MaxResults", kNumber},
    {kTypes, "NextToken", kText},
    {kTypes, "IncludeUnsupportedInRegion", kFlag},

    {kOfferings, "LocationType", "region|availability-zone|availability-zone-id|outpost"},
    {kOfferings, "MaxResults", kNumber},
    {kOfferings, "NextToken", kText},

    {kPrices, "StartTime", kText},
    {kPrices, "EndTime", kText},
    {kPrices, "InstanceType.N", kText},
    {kPrices, "ProductDescription.N", kText},
    {kPrices, "AvailabilityZone", kText},
    {kPrices, "AvailabilityZoneId", kText},
    {kPrices, "MaxResults", kNumber},
    {kPrices, "NextToken", kText},

    {"GetCallerIdentity", "Action", kText},
};

}  // namespace

std::span<const ParameterRow> action_rows() {
  return kActionRows;
}

}  // namespace cb::ec2sim
