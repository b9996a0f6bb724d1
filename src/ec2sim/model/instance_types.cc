#include "ec2sim/model/instance_types.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace cb::ec2sim {
namespace {

struct Family {
  std::string_view name;
  std::int64_t micro_dollars_per_vcpu_hour;
  bool arm;
};

// On-demand, Linux, us-east-1, rounded to a hundredth of a cent.
constexpr Family kFamilies[] = {
    {"c5", 42'500, false},  {"c6a", 38'250, false}, {"c6g", 34'000, true},  {"c6i", 42'500, false},
    {"c7a", 51'320, false}, {"c7g", 36'250, true},  {"c7i", 44'625, false}, {"c8g", 39'880, true},
    {"m5", 48'000, false},  {"m6i", 48'000, false}, {"m7a", 57'960, false}, {"m7g", 40'800, true},
    {"m7i", 50'400, false}, {"r6i", 63'000, false}, {"r7i", 66'150, false}, {"t3", 41'600, false},
    {"t4g", 33'600, true},
};

constexpr std::array<std::pair<std::string_view, int>, 3> kSmallSizes{
    {{"nano", 2}, {"micro", 2}, {"small", 2}}};

// Spot as a part of on-demand: $1.00 of $2.86 for a c7i.16xlarge.
constexpr std::int64_t kSpotPercent = 35;

constexpr std::array kMultiples = {2, 3, 4, 6, 8, 9, 12, 16, 18, 24, 32, 48};

// "16xlarge" has 16 times the 4 vCPUs of "xlarge". 0 when there is no such size.
int vcpus_of(const Family& family, std::string_view size) {
  if (size == "large" || size == "medium") return 2;
  if (size == "xlarge") return 4;
  if (family.name.starts_with('t')) {
    for (const auto& [name, vcpus] : kSmallSizes) {
      if (name == size) return vcpus;
    }
  }
  if (!size.ends_with("xlarge")) return 0;
  const auto times = parse_int(size.substr(0, size.size() - 6));
  return times && std::ranges::count(kMultiples, *times) > 0 ? int(*times) * 4 : 0;
}

}  // namespace

std::optional<TypeInfo> find_type(std::string_view name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return {};
  for (const Family& family : kFamilies) {
    if (family.name != name.substr(0, dot)) continue;
    const int vcpus = vcpus_of(family, name.substr(dot + 1));
    if (vcpus == 0) return {};
    const std::int64_t hourly = vcpus * family.micro_dollars_per_vcpu_hour;
    return TypeInfo{vcpus, Money{hourly}, Money{hourly * kSpotPercent / 100}, family.arm};
  }
  return {};
}

std::vector<std::string> known_families() {
  std::vector<std::string> names;
  for (const Family& family : kFamilies) names.emplace_back(family.name);
  return names;
}

}  // namespace cb::ec2sim
