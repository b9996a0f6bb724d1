#include "ec2sim/calls/catalogue.h"

#include <algorithm>
#include <functional>

#include "base/text.h"
#include "ec2sim/calls/answers.h"
#include "ec2sim/calls/filters.h"
#include "ec2sim/model/chance.h"
#include "ec2sim/model/zones.h"

namespace cb::ec2sim {
namespace {

// What a filter of one of these lists looks at is one value; unknown names throw.
bool passes(const Query& query, const std::function<std::string(const std::string&)>& value_of) {
  return passes(read_filters(query),
                [&](const std::string& filter) { return std::vector{value_of(filter)}; });
}

bool is_pattern(const std::string& name) {
  return name.ends_with('*');
}

constexpr std::string_view kImageName =
    "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260101";
constexpr std::string_view kCreated = "2026-01-01T00:00:00.000Z";

std::string image_value(const std::string& image, const Settings& settings,
                        const std::string& filter) {
  if (filter == "image-id") return image;
  if (filter == "name") return std::string(kImageName);
  if (filter == "state") return "available";
  if (filter == "architecture") return "x86_64";
  if (filter == "owner-id") return settings.account;
  if (filter == "virtualization-type") return "hvm";
  if (filter == "root-device-type") return "ebs";
  if (filter == "image-type") return "machine";
  if (filter == "is-public") return "false";
  unknown_filter(filter);
}

void write_image(Xml& xml, const std::string& image, const Settings& settings) {
  xml.open("item")
      .leaf("imageId", image)
      .leaf("imageLocation", str(settings.account, '/', kImageName))
      .leaf("imageState", "available")
      .leaf("imageOwnerId", settings.account)
      .leaf("creationDate", kCreated)
      .leaf("isPublic", false)
      .leaf("architecture", "x86_64")
      .leaf("imageType", "machine")
      .leaf("name", kImageName)
      .leaf("description", "A stand-in of the simulator")
      .leaf("rootDeviceType", "ebs")
      .leaf("rootDeviceName", "/dev/sda1")
      .leaf("virtualizationType", "hvm")
      .leaf("hypervisor", "xen")
      .leaf("enaSupport", true)
      .leaf("platformDetails", "Linux/UNIX")
      .leaf("usageOperation", "RunInstances")
      .open("blockDeviceMapping")
      .open("item")
      .leaf("deviceName", "/dev/sda1")
      .open("ebs")
      .leaf("deleteOnTermination", true)
      .leaf("volumeSize", 8)
      .leaf("volumeType", "gp3")
      .leaf("encrypted", false)
      .close("ebs")
      .close("item")
      .close("blockDeviceMapping")
      .close("item");
}

// The images that were asked for by id; else all that the settings name in full.
std::vector<std::string> chosen_images(const Query& query, const Settings& settings) {
  std::vector<std::string> chosen = query.list("ImageId");
  for (const std::string& image : chosen) {
    if (!image.starts_with("ami-")) {
      throw Refusal{"InvalidAMIID.Malformed", str("Invalid id: \"", image, "\"")};
    }
    if (!any_matches(settings.images, image)) {
      throw Refusal{"InvalidAMIID.NotFound", str("The image id '[", image, "]' does not exist")};
    }
  }
  if (chosen.empty()) {
    std::ranges::remove_copy_if(settings.images, std::back_inserter(chosen), is_pattern);
  }
  return chosen;
}

std::string key_value(const std::string& key, const std::string& filter) {
  if (filter == "key-name") return key;
  if (filter == "key-pair-id") return "key-" + steady_hex(key);
  unknown_filter(filter);
}

std::string group_value(const SecurityGroup& group, const std::string& filter) {
  if (filter == "group-id") return group.id;
  if (filter == "group-name") return group.name;
  unknown_filter(filter);
}

// Whether `wanted` is empty, or one of it is `name`.
bool wanted(const std::vector<std::string>& all, std::string_view name) {
  return all.empty() || std::ranges::count(all, name) > 0;
}

void write_group(Xml& xml, const SecurityGroup& group, const Settings& settings,
                 std::string_view region) {
  xml.open("item")
      .leaf("ownerId", settings.account)
      .leaf("groupId", group.id)
      .leaf("groupName", group.name)
      .leaf("groupDescription", "A stand-in of the simulator")
      .leaf("vpcId", vpc_of(region))
      .open("ipPermissions")
      .close("ipPermissions")
      .open("ipPermissionsEgress")
      .close("ipPermissionsEgress")
      .close("item");
}

void require_groups(const Query& query, const Settings& settings) {
  const auto has = [&](auto member, const std::string& text) {
    return std::ranges::any_of(settings.security_groups,
                               [&](const SecurityGroup& group) { return group.*member == text; });
  };
  for (const std::string& id : query.list("GroupId")) {
    if (!has(&SecurityGroup::id, id)) {
      throw Refusal{"InvalidGroup.NotFound", str("The security group '", id, "' does not exist")};
    }
  }
  for (const std::string& name : query.list("GroupName")) {
    if (!has(&SecurityGroup::name, name)) {
      throw Refusal{"InvalidGroup.NotFound",
                    str("The security group '", name, "' does not exist in default VPC")};
    }
  }
}

}  // namespace

std::string images_answer(const Question& asked) {
  const Query query(asked.parameters);
  const Settings& settings = asked.settings;
  Xml xml;
  open_answer(xml, "DescribeImages", asked.request_id);
  xml.open("imagesSet");
  const auto owners = query.list("Owner");
  const bool ours = wanted(owners, settings.account) || wanted(owners, "self") ||
                    // Canonical's: the image that the settings name is an Ubuntu.
                    wanted(owners, "099720109477");
  for (const std::string& image : chosen_images(query, settings)) {
    const auto value_of = [&](const std::string& f) { return image_value(image, settings, f); };
    if (ours && passes(query, value_of)) write_image(xml, image, settings);
  }
  xml.close("imagesSet");
  return close_answer(xml, "DescribeImages");
}

std::string keys_answer(const Question& asked) {
  const Query query(asked.parameters);
  const Settings& settings = asked.settings;
  std::vector<std::string> names = query.list("KeyName");
  for (const std::string& name : names) {
    if (!any_matches(settings.key_names, name)) {
      throw Refusal{"InvalidKeyPair.NotFound", str("The key pair '", name, "' does not exist")};
    }
  }
  if (names.empty()) {
    std::ranges::remove_copy_if(settings.key_names, std::back_inserter(names), is_pattern);
  }
  Xml xml;
  open_answer(xml, "DescribeKeyPairs", asked.request_id);
  xml.open("keySet");
  for (const std::string& name : names) {
    if (!passes(query, [&](const std::string& f) { return key_value(name, f); })) continue;
    xml.open("item")
        .leaf("keyPairId", "key-" + steady_hex(name))
        .leaf("keyName", name)
        .leaf("keyType", "rsa")
        .leaf("createTime", kCreated)
        .close("item");
  }
  xml.close("keySet");
  return close_answer(xml, "DescribeKeyPairs");
}

std::string groups_answer(const Question& asked) {
  const Query query(asked.parameters);
  const Settings& settings = asked.settings;
  require_groups(query, settings);
  Xml xml;
  open_answer(xml, "DescribeSecurityGroups", asked.request_id);
  xml.open("securityGroupInfo");
  for (const SecurityGroup& group : settings.security_groups) {
    const bool meant =
        wanted(query.list("GroupId"), group.id) && wanted(query.list("GroupName"), group.name);
    if (meant && passes(query, [&](const std::string& f) { return group_value(group, f); })) {
      write_group(xml, group, settings, asked.region);
    }
  }
  xml.close("securityGroupInfo");
  return close_answer(xml, "DescribeSecurityGroups");
}

std::string regions_answer(const Question& asked) {
  const Query query(asked.parameters);
  const Settings& settings = asked.settings;
  std::vector<std::string> regions;
  std::ranges::remove_copy_if(settings.regions, std::back_inserter(regions), is_pattern);
  if (std::ranges::count(regions, asked.region) == 0) regions.emplace_back(asked.region);
  Xml xml;
  open_answer(xml, "DescribeRegions", asked.request_id);
  xml.open("regionInfo");
  for (const std::string& name : regions) {
    const auto value_of = [&](const std::string& filter) {
      if (filter != "region-name") unknown_filter(filter);
      return name;
    };
    if (!wanted(query.list("RegionName"), name) || !passes(query, value_of)) continue;
    xml.open("item")
        .leaf("regionName", name)
        .leaf("regionEndpoint", str("ec2.", name, ".amazonaws.com"))
        .leaf("optInStatus", "opt-in-not-required")
        .close("item");
  }
  xml.close("regionInfo");
  return close_answer(xml, "DescribeRegions");
}

}  // namespace cb::ec2sim
