#include "ec2sim/calls/instance_xml.h"

#include <algorithm>

#include "base/text.h"
#include "ec2sim/model/instance_types.h"
#include "ec2sim/model/zones.h"

namespace cb::ec2sim {
namespace {

// "ec2-127-70-0-1.us-east-1.compute.amazonaws.com"; us-east-1 itself is named otherwise.
std::string public_name(const Instance& instance) {
  std::string dashed = instance.address;
  std::ranges::replace(dashed, '.', '-');
  const std::string& region = instance.order.region;
  return region == "us-east-1" ? str("ec2-", dashed, ".compute-1.amazonaws.com")
                               : str("ec2-", dashed, '.', region, ".compute.amazonaws.com");
}

std::string private_name(const Instance& instance) {
  std::string dashed = instance.address;
  std::ranges::replace(dashed, '.', '-');
  return str("ip-", dashed, ".ec2.internal");
}

// "use1-az1" and the like belong to `zone`.
void write_placement(Xml& xml, const Instance& instance) {
  xml.open("placement")
      .leaf("availabilityZone", instance.zone)
      .leaf("availabilityZoneId", zone_id(instance.zone))
      .leaf("groupName", "")
      .leaf("tenancy", "default")
      .close("placement");
}

void write_reason(Xml& xml, const Instance& instance, Micros when) {
  const bool over = !instance.alive(when);
  if (over || when >= instance.times.stopping) {
    const Micros moment = over ? instance.times.ending : instance.times.stopping;
    const std::string at = reason_time(wall_of(instance, moment));
    xml.leaf("reason", str(instance.end_text, " (", at, ")"));
    xml.open("stateReason")
        .leaf("code", instance.reason_code)
        .leaf("message", instance.reason_message)
        .close("stateReason");
  } else {
    xml.leaf("reason", "");
    if (when < instance.times.running) {
      xml.open("stateReason")
          .leaf("code", "pending")
          .leaf("message", "pending")
          .close("stateReason");
    }
  }
}

void write_association(Xml& xml, const Instance& instance) {
  xml.open("association")
      .leaf("publicIp", instance.address)
      .leaf("publicDnsName", public_name(instance))
      .leaf("ipOwnerId", "amazon")
      .close("association");
}

void write_attachment(Xml& xml, const Instance& instance, const std::string& number) {
  xml.open("attachment")
      .leaf("attachmentId", str("eni-attach-", number))
      .leaf("deviceIndex", 0)
      .leaf("status", instance.times.running == kNever ? "attaching" : "attached")
      .leaf("attachTime", ec2_time(instance.accepted_wall))
      .leaf("deleteOnTermination", true)
      .leaf("networkCardIndex", 0)
      .close("attachment");
}

void write_interface(Xml& xml, const Instance& instance, const Settings& settings, Micros when) {
  xml.open("networkInterfaceSet");
  if (when < instance.times.ended) {
    const bool addressed = addressed_at(instance, when);
    const std::string number = instance.id.substr(2);
    xml.open("item")
        .leaf("networkInterfaceId", str("eni-", number))
        .leaf("subnetId", instance.subnet)
        .leaf("vpcId", vpc_of(instance.order.region))
        .leaf("description", "")
        .leaf("ownerId", settings.account)
        .leaf("status", "in-use");
    if (addressed) xml.leaf("privateIpAddress", instance.address);
    xml.leaf("sourceDestCheck", true).leaf("interfaceType", "interface");
    write_groups(xml, instance.order.groups, settings);
    write_attachment(xml, instance, number);
    if (addressed && instance.order.public_address) write_association(xml, instance);
    xml.close("item");
  }
  xml.close("networkInterfaceSet");
}

void write_volume(Xml& xml, const Instance& instance, Micros when) {
  xml.leaf("rootDeviceType", "ebs").leaf("rootDeviceName", "/dev/sda1");
  xml.open("blockDeviceMapping");
  if (when >= instance.times.running && when < instance.times.ended) {
    xml.open("item").leaf("deviceName", "/dev/sda1").open("ebs");
    xml.leaf("volumeId", str("vol-", instance.id.substr(2)))
        .leaf("status", "attached")
        .leaf("attachTime", ec2_time(instance.accepted_wall))
        .leaf("deleteOnTermination", true);
    xml.close("ebs").close("item");
  }
  xml.close("blockDeviceMapping");
}

void write_profile(Xml& xml, const Instance& instance, const Settings& settings) {
  if (instance.order.profile.empty()) return;
  xml.open("iamInstanceProfile")
      .leaf("arn",
            str("arn:aws:iam::", settings.account, ":instance-profile/", instance.order.profile))
      .leaf("id", "AIPA" + steady_hex(instance.order.profile))
      .close("iamInstanceProfile");
}

void write_machine(Xml& xml, const Instance& instance) {
  const TypeInfo type = *find_type(instance.order.type);
  xml.leaf("architecture", type.arm ? "arm64" : "x86_64")
      .leaf("virtualizationType", "hvm")
      .leaf("hypervisor", "xen")
      .leaf("enaSupport", true)
      .leaf("ebsOptimized", false)
      .open("cpuOptions")
      .leaf("coreCount", type.vcpus / type.threads_per_core)
      .leaf("threadsPerCore", type.threads_per_core)
      .close("cpuOptions");
  xml.open("metadataOptions")
      .leaf("state", "applied")
      .leaf("httpTokens", instance.order.tokens_required ? "required" : "optional")
      .leaf("httpPutResponseHopLimit", 1)
      .leaf("httpEndpoint", "enabled")
      .close("metadataOptions");
}

void write_addresses(Xml& xml, const Instance& instance, Micros when) {
  const bool addressed = addressed_at(instance, when);
  const bool open = addressed && instance.order.public_address;
  xml.leaf("privateDnsName", addressed ? private_name(instance) : "")
      .leaf("dnsName", open ? public_name(instance) : "");
  if (addressed) xml.leaf("privateIpAddress", instance.address);
  if (open) xml.leaf("ipAddress", instance.address);
}

}  // namespace

void write_state(Xml& xml, std::string_view name, State state) {
  xml.open(name).leaf("code", state_code(state)).leaf("name", to_string(state)).close(name);
}

void write_groups(Xml& xml, const std::vector<std::string>& ids, const Settings& settings) {
  xml.open("groupSet");
  for (const SecurityGroup& group : settings.security_groups) {
    if (std::ranges::count(ids, group.id) == 0) continue;
    xml.open("item").leaf("groupId", group.id).leaf("groupName", group.name).close("item");
  }
  xml.close("groupSet");
}

void write_tags(Xml& xml, const std::map<std::string, std::string>& tags) {
  if (tags.empty()) return;
  xml.open("tagSet");
  for (const auto& [key, value] : tags) {
    xml.open("item").leaf("key", key).leaf("value", value).close("item");
  }
  xml.close("tagSet");
}

void write_instance(Xml& xml, const Instance& instance, const Settings& settings, Micros when) {
  xml.open("item").leaf("instanceId", instance.id).leaf("imageId", instance.order.image);
  write_state(xml, "instanceState", state_at(instance, when));
  write_addresses(xml, instance, when);
  write_reason(xml, instance, when);
  xml.given("keyName", instance.order.key_name)
      .leaf("amiLaunchIndex", instance.launch_index)
      .leaf("instanceType", instance.order.type)
      .leaf("launchTime", ec2_time(instance.launched_wall));
  write_placement(xml, instance);
  xml.open("monitoring").leaf("state", "disabled").close("monitoring");
  xml.leaf("subnetId", instance.subnet)
      .leaf("vpcId", vpc_of(instance.order.region))
      .leaf("sourceDestCheck", true);
  write_groups(xml, instance.order.groups, settings);
  write_volume(xml, instance, when);
  if (instance.order.spot) {
    xml.leaf("instanceLifecycle", "spot").leaf("spotInstanceRequestId", instance.spot_request);
  }
  xml.leaf("clientToken", instance.order.client_token);
  write_tags(xml, instance.order.tags);
  write_interface(xml, instance, settings, when);
  write_profile(xml, instance, settings);
  write_machine(xml, instance);
  xml.close("item");
}

}  // namespace cb::ec2sim
