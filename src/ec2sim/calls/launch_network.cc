#include "ec2sim/calls/launch_network.h"

#include <algorithm>

#include "base/text.h"
#include "ec2sim/api/refusal.h"
#include "ec2sim/model/zones.h"

namespace cb::ec2sim {
namespace {

std::string group_by_id(const Settings& settings, const std::string& id) {
  if (!id.starts_with("sg-")) {
    throw Refusal{"InvalidGroupId.Malformed",
                  str("Invalid id: \"", id, "\" (expecting \"sg-...\")")};
  }
  for (const SecurityGroup& group : settings.security_groups) {
    if (group.id == id) return id;
  }
  throw Refusal{"InvalidGroup.NotFound", str("The security group '", id, "' does not exist")};
}

std::string group_by_name(const Settings& settings, const std::string& name) {
  for (const SecurityGroup& group : settings.security_groups) {
    if (group.name == name) return group.id;
  }
  throw Refusal{"InvalidGroup.NotFound",
                str("The security group '", name, "' does not exist in default VPC")};
}

// The subnet's zone becomes the order's.
void read_subnet(const std::string& subnet, const Settings& settings, LaunchOrder& order) {
  order.subnet = subnet;
  if (subnet.empty()) return;
  for (const std::string& zone : zones_of(settings, order.region)) {
    if (subnet_of(zone) != subnet) continue;
    if (!order.zone.empty() && order.zone != zone) {
      throw Refusal{
          "InvalidParameterValue",
          str("Value (", order.zone, ") for parameter availabilityZone is invalid. The subnet '",
              subnet, "' is in the availability zone ", zone)};
    }
    order.zone = zone;
    return;
  }
  throw Refusal{"InvalidSubnetID.NotFound", str("The subnet ID '", subnet, "' does not exist")};
}

void read_zone(const Query& query, const Settings& settings, LaunchOrder& order) {
  order.zone = query.text("Placement.AvailabilityZone");
  const auto zones = zones_of(settings, order.region);
  if (!order.zone.empty() && std::ranges::count(zones, order.zone) == 0) {
    throw Refusal{"InvalidParameterValue", str("Invalid availability zone: [", order.zone, "]")};
  }
}

// Where the launch's network settings stand in the request.
struct Network {
  std::vector<std::string> group_ids;
  std::vector<std::string> group_names;
  std::string subnet;
};

// Network settings stand either at the instance or at its one interface, not at both.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
Network at_interface(const Query& query, const std::string& prefix, const Network& at_instance) {
  if (!at_instance.group_ids.empty() || !at_instance.group_names.empty()) {
    bad_combination(
        "Network interfaces and an instance-level security groups may not be specified on the "
        "same request");
  }
  if (!at_instance.subnet.empty()) {
    bad_combination(
        "Network interfaces and an instance-level subnet ID may not be specified on the same "
        "request");
  }
  if (query.text(prefix + "DeviceIndex").empty()) {
    throw Refusal{"MissingParameter", "Each network interface requires a device index."};
  }
  return {query.list(prefix + "SecurityGroupId"), {}, query.text(prefix + "SubnetId")};
}

Network network_of(const Query& query, LaunchOrder& order) {
  Network at_instance{query.list("SecurityGroupId"), query.list("SecurityGroup"),
                      query.text("SubnetId")};
  const auto interfaces = query.prefixes("NetworkInterface");
  if (interfaces.empty()) return at_instance;
  if (interfaces.size() > 1) {
    throw Refusal{"UnsupportedOperation", "The simulator models one network interface."};
  }
  order.public_address = query.flag(interfaces[0] + "AssociatePublicIpAddress", true);
  return at_interface(query, interfaces[0], at_instance);
}

}  // namespace

void read_network(const Query& query, const Settings& settings, LaunchOrder& order) {
  read_zone(query, settings, order);
  const Network network = network_of(query, order);
  if (!network.group_names.empty() && !network.subnet.empty()) {
    bad_combination("The parameter groupName cannot be used with the parameter subnet");
  }
  read_subnet(network.subnet, settings, order);
  for (const auto& id : network.group_ids) order.groups.push_back(group_by_id(settings, id));
  for (const auto& name : network.group_names) {
    order.groups.push_back(group_by_name(settings, name));
  }
  if (order.groups.empty() && !settings.security_groups.empty()) {
    order.groups.push_back(settings.security_groups.back().id);  // the default group
  }
}

}  // namespace cb::ec2sim
