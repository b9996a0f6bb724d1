// Zones and subnets.

#include <algorithm>

#include "base/text.h"
#include "ec2sim/api/refusal.h"
#include "ec2sim/calls/answers.h"
#include "ec2sim/calls/catalogue.h"
#include "ec2sim/calls/filters.h"
#include "ec2sim/calls/paging.h"
#include "ec2sim/model/zones.h"

namespace cb::ec2sim {
namespace {

using Values = std::vector<std::string>;

struct Zone {
  std::string name;
  std::string region;
};

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAvailabilityZones.html
constexpr FilterField<Zone> kZoneFields[] = {
    {"zone-name", [](const Zone& zone) { return Values{zone.name}; }},
    {"zone-id", [](const Zone& zone) { return Values{zone_id(zone.name)}; }},
    {"region-name", [](const Zone& zone) { return Values{zone.region}; }},
    {"group-name", [](const Zone& zone) { return Values{zone.region + "-zg-1"}; }},
    {"network-border-group", [](const Zone& zone) { return Values{zone.region}; }},
    {"state", [](const Zone&) { return Values{"available"}; }},
    {"zone-type", [](const Zone&) { return Values{"availability-zone"}; }},
    {"opt-in-status", [](const Zone&) { return Values{"opt-in-not-required"}; }},
};

void require_zones(const Values& asked, const Values& known) {
  for (const std::string& name : asked) {
    if (std::ranges::count(known, name) > 0) continue;
    throw Refusal{"InvalidParameterValue", str("Invalid availability zone: [", name, "]")};
  }
}

bool meant(const Values& asked, const std::string& name) {
  return asked.empty() || std::ranges::count(asked, name) > 0;
}

void write_zone(Xml& xml, const Zone& zone) {
  xml.open("item")
      .leaf("optInStatus", "opt-in-not-required")
      .open("messageSet")
      .close("messageSet")
      .leaf("regionName", zone.region)
      .leaf("zoneName", zone.name)
      .leaf("zoneId", zone_id(zone.name))
      .leaf("groupName", zone.region + "-zg-1")
      .leaf("networkBorderGroup", zone.region)
      .leaf("zoneType", "availability-zone")
      .leaf("zoneState", "available")
      .close("item");
}

struct Subnet {
  std::string id;
  std::string zone;
  std::string vpc;
  std::string block;
  std::string account;
};

// The default VPC of an account: a /20 of 172.31.0.0/16 in each zone, less the five addresses that
// EC2 keeps. https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html
constexpr int kFreeAddresses = 4091;

std::vector<Subnet> subnets_of(const Settings& settings, std::string_view region) {
  std::vector<Subnet> subnets;
  for (const std::string& zone : zones_of(settings, region)) {
    subnets.push_back({subnet_of(zone), zone, vpc_of(region),
                       str("172.31.", 16 * subnets.size(), ".0/20"), settings.account});
  }
  return subnets;
}

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSubnets.html
constexpr FilterField<Subnet> kSubnetFields[] = {
    {"subnet-id", [](const Subnet& subnet) { return Values{subnet.id}; }},
    {"vpc-id", [](const Subnet& subnet) { return Values{subnet.vpc}; }},
    {"availability-zone", [](const Subnet& subnet) { return Values{subnet.zone}; }},
    {"availability-zone-id", [](const Subnet& subnet) { return Values{zone_id(subnet.zone)}; }},
    {"cidr-block", [](const Subnet& subnet) { return Values{subnet.block}; }},
    {"owner-id", [](const Subnet& subnet) { return Values{subnet.account}; }},
    {"default-for-az", [](const Subnet&) { return Values{"true"}; }},
    {"map-public-ip-on-launch", [](const Subnet&) { return Values{"true"}; }},
    {"state", [](const Subnet&) { return Values{"available"}; }},
    {"tag-key", [](const Subnet&) { return Values{}; }},
};

// They have no tags.
bool passes_subnet(const std::vector<Filter>& filters, const Subnet& subnet) {
  return passes(filters, [&](const std::string& filter) {
    return filter.starts_with("tag:") ? Values{} : values_in(kSubnetFields, subnet)(filter);
  });
}

void write_subnet(Xml& xml, const Subnet& subnet, std::string_view region) {
  xml.open("item")
      .leaf("subnetId", subnet.id)
      .leaf("subnetArn", str("arn:aws:ec2:", region, ':', subnet.account, ":subnet/", subnet.id))
      .leaf("state", "available")
      .leaf("ownerId", subnet.account)
      .leaf("vpcId", subnet.vpc)
      .leaf("cidrBlock", subnet.block)
      .leaf("availableIpAddressCount", kFreeAddresses)
      .leaf("availabilityZone", subnet.zone)
      .leaf("availabilityZoneId", zone_id(subnet.zone))
      .leaf("defaultForAz", true)
      .leaf("mapPublicIpOnLaunch", true)
      .leaf("assignIpv6AddressOnCreation", false)
      .close("item");
}

}  // namespace

std::string zones_answer(const Question& asked) {
  const Query query(asked.parameters);
  const Values names = zones_of(asked.settings, asked.region);
  Values ids;
  for (const std::string& name : names) ids.push_back(zone_id(name));
  require_zones(query.list("ZoneName"), names);
  require_zones(query.list("ZoneId"), ids);
  const auto filters = read_filters(query);
  Xml xml;
  open_answer(xml, "DescribeAvailabilityZones", asked.request_id);
  xml.open("availabilityZoneInfo");
  for (const std::string& name : names) {
    const Zone zone{name, std::string(asked.region)};
    if (!meant(query.list("ZoneName"), name) || !meant(query.list("ZoneId"), zone_id(name))) {
      continue;
    }
    if (passes(filters, values_in(kZoneFields, zone))) write_zone(xml, zone);
  }
  xml.close("availabilityZoneInfo");
  return close_answer(xml, "DescribeAvailabilityZones");
}

std::string subnets_answer(const Question& asked) {
  const Query query(asked.parameters);
  auto subnets = subnets_of(asked.settings, asked.region);
  const Values ids = query.list("SubnetId");
  for (const std::string& id : ids) {
    if (std::ranges::count(subnets, id, &Subnet::id) == 0) {
      throw Refusal{"InvalidSubnetID.NotFound", str("The subnet ID '", id, "' does not exist")};
    }
  }
  const auto filters = read_filters(query);
  std::erase_if(subnets, [&](const Subnet& subnet) {
    return !meant(ids, subnet.id) || !passes_subnet(filters, subnet);
  });
  const auto page = page_of(subnets, query, {});
  Xml xml;
  open_answer(xml, "DescribeSubnets", asked.request_id);
  xml.open("subnetSet");
  for (const Subnet& subnet : page.items) write_subnet(xml, subnet, asked.region);
  xml.close("subnetSet").given("nextToken", page.next_token);
  return close_answer(xml, "DescribeSubnets");
}

}  // namespace cb::ec2sim
