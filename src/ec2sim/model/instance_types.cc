#include "ec2sim/model/instance_types.h"

#include <algorithm>

#include "base/text.h"

namespace cb::ec2sim {
namespace {

struct Family {
  std::string_view name;
  std::int64_t micro_dollars_per_vcpu_hour;
  std::int64_t gib_per_vcpu;  // from large on
  int threads_per_core;
  std::string_view maker;
  std::string_view sizes;
};

constexpr std::string_view kT = "nano micro small medium large xlarge 2xlarge";
constexpr std::string_view k5 = "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge";
constexpr std::string_view k5c = "large xlarge 2xlarge 4xlarge 9xlarge 12xlarge 18xlarge 24xlarge";
constexpr std::string_view k6i =
    "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge";
constexpr std::string_view k6a =
    "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge 48xlarge";
constexpr std::string_view k7i =
    "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge";
constexpr std::string_view k7a =
    "medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge 48xlarge";
constexpr std::string_view kG = "medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge";
constexpr std::string_view k8g =
    "medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge";

// On-demand, Linux, us-east-1, rounded to a hundredth of a cent.
// https://aws.amazon.com/ec2/instance-types/
constexpr Family kFamilies[] = {
    {"c5", 42'500, 2, 2, "Intel", k5c},  {"c6a", 38'250, 2, 2, "AMD", k6a},
    {"c6g", 34'000, 2, 1, "AWS", kG},    {"c6i", 42'500, 2, 2, "Intel", k6i},
    {"c7a", 51'320, 2, 1, "AMD", k7a},   {"c7g", 36'250, 2, 1, "AWS", kG},
    {"c7i", 44'625, 2, 2, "Intel", k7i}, {"c8g", 39'880, 2, 1, "AWS", k8g},
    {"m5", 48'000, 4, 2, "Intel", k5},   {"m6i", 48'000, 4, 2, "Intel", k6i},
    {"m7a", 57'960, 4, 1, "AMD", k7a},   {"m7g", 40'800, 4, 1, "AWS", kG},
    {"m7i", 50'400, 4, 2, "Intel", k7i}, {"r6i", 63'000, 8, 2, "Intel", k6i},
    {"r7i", 66'150, 8, 2, "Intel", k7i}, {"t3", 41'600, 4, 2, "Intel", kT},
    {"t4g", 33'600, 4, 1, "AWS", kT},
};

// Spot as a part of on-demand: $1.00 of $2.86 for a c7i.16xlarge.
constexpr std::int64_t kSpotPercent = 35;

bool is_burstable(const Family& family) {
  return family.name.starts_with('t');
}

// "16xlarge" has 16 times the 4 vCPUs of "xlarge".
int vcpus_of(const Family& family, std::string_view size) {
  if (size == "xlarge") return 4;
  if (size.ends_with("xlarge")) return int(*parse_int(size.substr(0, size.size() - 6))) * 4;
  return size == "medium" && !is_burstable(family) ? 1 : 2;
}

std::int64_t memory_mib_of(const Family& family, std::string_view size) {
  if (is_burstable(family)) {
    if (size == "nano") return 512;
    if (size == "micro") return 1024;
    if (size == "small") return 2048;
    if (size == "medium") return 4096;
  }
  return vcpus_of(family, size) * family.gib_per_vcpu * 1024;
}

TypeInfo info_of(const Family& family, std::string_view size) {
  TypeInfo info;
  info.vcpus = vcpus_of(family, size);
  info.threads_per_core = family.threads_per_core;
  info.memory_mib = memory_mib_of(family, size);
  // Within a family, prices go by the memory.
  const std::int64_t hourly =
      info.memory_mib * family.micro_dollars_per_vcpu_hour / (family.gib_per_vcpu * 1024);
  info.on_demand_hourly = {hourly};
  info.spot_hourly = {hourly * kSpotPercent / 100};
  info.maker = family.maker;
  info.arm = family.maker == "AWS";
  info.burstable = is_burstable(family);
  return info;
}

}  // namespace

std::optional<TypeInfo> find_type(std::string_view name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return {};
  const std::string_view size = name.substr(dot + 1);
  for (const Family& family : kFamilies) {
    if (family.name != name.substr(0, dot)) continue;
    const auto sizes = words(family.sizes);
    if (std::ranges::count(sizes, size) > 0) return info_of(family, size);
  }
  return {};
}

const std::vector<std::string>& known_types() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> names;
    for (const Family& family : kFamilies) {
      for (const std::string_view size : words(family.sizes)) {
        names.push_back(str(family.name, '.', size));
      }
    }
    return names;
  }();
  return all;
}

}  // namespace cb::ec2sim
