#include "ec2sim/model/capacity.h"

#include <algorithm>
#include <limits>
#include <string>

#include "ec2sim/model/instance_types.h"

namespace cb::ec2sim {
namespace {

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

bool covers(const CapacityRule& rule, const LaunchOrder& order, std::string_view zone) {
  return (rule.market.empty() || rule.market == market_of(order)) &&
         (rule.type.empty() || rule.type == order.type) && (rule.zone.empty() || rule.zone == zone);
}

}  // namespace

std::string_view market_of(const LaunchOrder& order) {
  return order.spot ? "spot" : "on-demand";
}

std::int64_t places_left(const Settings& settings, const std::deque<Instance>& all,
                         const LaunchOrder& order, std::string_view zone, Micros now) {
  std::int64_t left = kNoLimit;
  for (const CapacityRule& rule : settings.capacity) {
    if (!covers(rule, order, zone)) continue;
    const auto taken = std::ranges::count_if(all, [&](const Instance& one) {
      return one.alive(now) && !one.stranger && covers(rule, one.order, one.zone);
    });
    left = std::min(left, std::max<std::int64_t>(0, rule.instances - taken));
  }
  return left;
}

std::int64_t vcpus_left(const Settings& settings, const std::deque<Instance>& all,
                        const LaunchOrder& order, Micros now) {
  const auto& quota = order.spot ? settings.spot_vcpus : settings.on_demand_vcpus;
  if (!quota) return kNoLimit;
  std::int64_t used = 0;
  for (const Instance& one : all) {
    const bool counts = one.alive(now) && !one.stranger && one.order.spot == order.spot &&
                        one.order.region == order.region;
    if (counts) used += find_type(one.order.type)->vcpus;
  }
  return std::max<std::int64_t>(0, *quota - used);
}

Money price_of(const Settings& settings, std::string_view type, bool spot) {
  if (const auto set = settings.prices.find(std::string(type)); set != settings.prices.end()) {
    return spot ? set->second.spot_hourly : set->second.on_demand_hourly;
  }
  const auto known = find_type(type);
  if (!known) return {};
  return spot ? known->spot_hourly : known->on_demand_hourly;
}

}  // namespace cb::ec2sim
