// Instance types, and where they are offered.

#include <algorithm>

#include "base/text.h"
#include "ec2sim/api/refusal.h"
#include "ec2sim/calls/answers.h"
#include "ec2sim/calls/catalogue.h"
#include "ec2sim/calls/filters.h"
#include "ec2sim/calls/paging.h"
#include "ec2sim/model/chance.h"
#include "ec2sim/model/instance_types.h"
#include "ec2sim/model/zones.h"

namespace cb::ec2sim {
namespace {

using Values = std::vector<std::string>;

struct NamedType {
  std::string name;
  TypeInfo info;
};

std::string_view architecture_of(const NamedType& type) {
  return type.info.arm ? "arm64" : "x86_64";
}

Values number(std::int64_t value) {
  return {std::to_string(value)};
}

Values flag(bool value) {
  return {value ? "true" : "false"};
}

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypes.html
constexpr FilterField<NamedType> kTypeFields[] = {
    {"instance-type", [](const NamedType& type) { return Values{type.name}; }},
    {"processor-info.supported-architecture",
     [](const NamedType& type) { return Values{std::string(architecture_of(type))}; }},
    {"vcpu-info.default-vcpus", [](const NamedType& type) { return number(type.info.vcpus); }},
    {"vcpu-info.default-cores",
     [](const NamedType& type) { return number(type.info.vcpus / type.info.threads_per_core); }},
    {"vcpu-info.default-threads-per-core",
     [](const NamedType& type) { return number(type.info.threads_per_core); }},
    {"memory-info.size-in-mib", [](const NamedType& type) { return number(type.info.memory_mib); }},
    {"burstable-performance-supported",
     [](const NamedType& type) { return flag(type.info.burstable); }},
    {"current-generation", [](const NamedType&) { return flag(true); }},
    {"bare-metal", [](const NamedType&) { return flag(false); }},
    {"instance-storage-supported", [](const NamedType&) { return flag(false); }},
    {"hypervisor", [](const NamedType&) { return Values{"nitro"}; }},
    {"supported-usage-class",
     [](const NamedType&) {
       return Values{"on-demand", "spot"};
     }},
    {"supported-root-device-type", [](const NamedType&) { return Values{"ebs"}; }},
    {"supported-virtualization-type", [](const NamedType&) { return Values{"hvm"}; }},
};

// Those that the settings offer.
std::vector<NamedType> offered_types(const Settings& settings) {
  std::vector<NamedType> types;
  for (const std::string& name : known_types()) {
    if (any_matches(settings.instance_types, name)) types.push_back({name, *find_type(name)});
  }
  return types;
}

void require_types(const Values& asked, const std::vector<NamedType>& types) {
  Values missing;
  for (const std::string& name : asked) {
    if (std::ranges::count(types, name, &NamedType::name) == 0) missing.push_back(name);
  }
  if (missing.empty()) return;
  throw Refusal{"InvalidInstanceType", str("The following supplied instance types do not exist: [",
                                           join(missing, ", "), "]")};
}

void write_list(Xml& xml, std::string_view name, std::initializer_list<std::string_view> values) {
  xml.open(name);
  for (const std::string_view value : values) xml.leaf("item", value);
  xml.close(name);
}

void write_processor(Xml& xml, const NamedType& type) {
  const TypeInfo& info = type.info;
  xml.open("processorInfo");
  write_list(xml, "supportedArchitectures", {architecture_of(type)});
  xml.leaf("manufacturer", info.maker).close("processorInfo");
  xml.open("vCpuInfo")
      .leaf("defaultVCpus", info.vcpus)
      .leaf("defaultCores", info.vcpus / info.threads_per_core)
      .leaf("defaultThreadsPerCore", info.threads_per_core)
      .close("vCpuInfo");
  xml.open("memoryInfo").leaf("sizeInMiB", info.memory_mib).close("memoryInfo");
}

void write_type(Xml& xml, const NamedType& type) {
  xml.open("item")
      .leaf("instanceType", type.name)
      .leaf("currentGeneration", true)
      .leaf("freeTierEligible", false);
  write_list(xml, "supportedUsageClasses", {"on-demand", "spot"});
  write_list(xml, "supportedRootDeviceTypes", {"ebs"});
  write_list(xml, "supportedVirtualizationTypes", {"hvm"});
  xml.leaf("bareMetal", false).leaf("hypervisor", "nitro");
  write_processor(xml, type);
  xml.leaf("instanceStorageSupported", false)
      .leaf("burstablePerformanceSupported", type.info.burstable)
      .close("item");
}

struct Offering {
  std::string type;
  std::string location;
};

constexpr FilterField<Offering> kOfferingFields[] = {
    {"instance-type", [](const Offering& one) { return Values{one.type}; }},
    {"location", [](const Offering& one) { return Values{one.location}; }},
};

// Every type is offered in every zone. There are no outposts.
Values locations_of(const std::string& kind, const Question& asked) {
  if (kind == "region") return {std::string(asked.region)};
  Values zones = zones_of(asked.settings, asked.region);
  if (kind == "availability-zone") return zones;
  if (kind != "availability-zone-id") return {};
  for (std::string& zone : zones) zone = zone_id(zone);
  return zones;
}

}  // namespace

std::string types_answer(const Question& asked) {
  constexpr PageSizes kSizes{5, 100};
  const Query query(asked.parameters);
  auto types = offered_types(asked.settings);
  const Values names = query.list("InstanceType");
  require_types(names, types);
  const auto filters = read_filters(query);
  std::erase_if(types, [&](const NamedType& type) {
    const bool meant = names.empty() || std::ranges::count(names, type.name) > 0;
    return !meant || !passes(filters, values_in(kTypeFields, type));
  });
  const auto page = page_of(types, query, kSizes);
  Xml xml;
  open_answer(xml, "DescribeInstanceTypes", asked.request_id);
  xml.open("instanceTypeSet");
  for (const NamedType& type : page.items) write_type(xml, type);
  xml.close("instanceTypeSet").given("nextToken", page.next_token);
  return close_answer(xml, "DescribeInstanceTypes");
}

std::string offerings_answer(const Question& asked) {
  const Query query(asked.parameters);
  const std::string kind = query.has("LocationType") ? query.text("LocationType") : "region";
  const auto filters = read_filters(query);
  std::vector<Offering> offerings;
  for (const std::string& location : locations_of(kind, asked)) {
    for (const NamedType& type : offered_types(asked.settings)) {
      const Offering one{type.name, location};
      if (passes(filters, values_in(kOfferingFields, one))) offerings.push_back(one);
    }
  }
  const auto page = page_of(offerings, query, {});
  Xml xml;
  open_answer(xml, "DescribeInstanceTypeOfferings", asked.request_id);
  xml.open("instanceTypeOfferingSet");
  for (const Offering& one : page.items) {
    xml.open("item")
        .leaf("instanceType", one.type)
        .leaf("locationType", kind)
        .leaf("location", one.location)
        .close("item");
  }
  xml.close("instanceTypeOfferingSet").given("nextToken", page.next_token);
  return close_answer(xml, "DescribeInstanceTypeOfferings");
}

}  // namespace cb::ec2sim
