#pragma once
// How much more may be launched: EC2's own capacity, and the account's quotas. Pure.

#include <cstdint>
#include <deque>
#include <string_view>

#include "ec2sim/model/instance.h"
#include "ec2sim/model/settings.h"

namespace cb::ec2sim {

// How many more instances of this order fit into `zone`; INT64_MAX without a rule.
std::int64_t places_left(const Settings& settings, const std::deque<Instance>& all,
                         const LaunchOrder& order, std::string_view zone, Micros now);

// How many vCPUs the quota of this order's market and region still allows; INT64_MAX without one.
std::int64_t vcpus_left(const Settings& settings, const std::deque<Instance>& all,
                        const LaunchOrder& order, Micros now);

// By the hour: as the settings say, else as the type costs.
Money price_of(const Settings& settings, std::string_view type, bool spot);

std::string_view market_of(const LaunchOrder& order);  // "spot", "on-demand"

}  // namespace cb::ec2sim
