#include "ec2sim/model/capacity.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <string>

#include "ec2sim/model/instance_types.h"

namespace cb::ec2sim {
namespace {

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

// Calls `count` with each order that has a machine, or is about to get some: how many.
void each_taken(
    const Taken& taken, Micros now,
    const std::function<void(const LaunchOrder&, const std::string&, std::int64_t)>& count) {
  for (const Instance& one : taken.all) {
    if (one.has_machine(now) && !one.stranger) count(one.order, one.zone, 1);
  }
  for (const Placement& one : taken.placed) count(one.order, one.zone, one.count);
}

}  // namespace

std::string_view market_of(const LaunchOrder& order) {
  return order.spot ? "spot" : "on-demand";
}

std::int64_t places_left(const Settings& settings, const Taken& taken, const LaunchOrder& order,
                         std::string_view zone, Micros now) {
  std::int64_t left = kNoLimit;
  for (const CapacityRule& rule : settings.capacity) {
    if (!concerns(rule, order, zone)) continue;
    std::int64_t used = 0;
    each_taken(taken, now, [&](const auto& other, const auto& where, std::int64_t count) {
      if (concerns(rule, other, where)) used += count;
    });
    left = std::min(left, std::max<std::int64_t>(0, rule.instances - used));
  }
  return left;
}

std::int64_t vcpus_left(const Settings& settings, const Taken& taken, const LaunchOrder& order,
                        Micros now) {
  const auto& quota = order.spot ? settings.spot_vcpus : settings.on_demand_vcpus;
  if (!quota) return kNoLimit;
  std::int64_t used = 0;
  each_taken(taken, now, [&](const auto& other, const auto&, std::int64_t count) {
    const bool counts = other.spot == order.spot && other.region == order.region;
    if (counts) used += count * find_type(other.type)->vcpus;
  });
  return std::max<std::int64_t>(0, *quota - used);
}

}  // namespace cb::ec2sim
