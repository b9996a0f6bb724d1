#pragma once
// How much more may be launched: EC2's own capacity, and the account's quotas. Pure.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "ec2sim/model/instance.h"
#include "ec2sim/settings/settings.h"

namespace cb::ec2sim {

// Where and how many of an order are launched.
struct Placement {
  LaunchOrder order;
  std::string zone;
  std::int64_t count = 0;
};

// Who has a share already: the instances, and what the same call has placed before.
struct Taken {
  const std::deque<Instance>& all;
  const std::vector<Placement>& placed;
};

// How many more instances of this order fit into `zone`; INT64_MAX without a rule.
std::int64_t places_left(const Settings& settings, const Taken& taken, const LaunchOrder& order,
                         std::string_view zone, Micros now);

// How many vCPUs the quota of this order's market and region still allows; INT64_MAX without one.
std::int64_t vcpus_left(const Settings& settings, const Taken& taken, const LaunchOrder& order,
                        Micros now);

std::string_view market_of(const LaunchOrder& order);  // "spot", "on-demand"

// Whether a rule of the settings is about this order, in this zone.
template <class Rule>
bool concerns(const Rule& rule, const LaunchOrder& order, std::string_view zone) {
  return (rule.market.empty() || rule.market == market_of(order)) &&
         (rule.type.empty() || rule.type == order.type) && (rule.zone.empty() || rule.zone == zone);
}

}  // namespace cb::ec2sim
