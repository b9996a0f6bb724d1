#include "ec2sim/model/fleets.h"

#include <algorithm>

#include "base/text.h"
#include "ec2sim/api/refusal.h"
#include "ec2sim/model/chance.h"
#include "ec2sim/model/fleet_plan.h"

namespace cb::ec2sim {
namespace {

// Those of one override and market stand together.
FleetLaunch& launch_of(Fleet& fleet, std::size_t override_index, const LaunchOrder& order) {
  for (FleetLaunch& one : fleet.launches) {
    if (one.override_index == override_index && one.spot == order.spot) return one;
  }
  return fleet.launches.emplace_back(FleetLaunch{override_index, order.spot, order.type, {}});
}

}  // namespace

const Fleet& Fleets::create(FleetOrder order, Instances& instances, const Settings& settings,
                            SimNow now) {
  Fleet& fleet = all_.emplace_back();
  Prng prng = prng_of(~settings.seed, ++last_);
  fleet.id = "fleet-" + new_uuid(prng);
  fleet.order = std::move(order);
  FleetPlan plan;
  plan.errors = fleet.order.errors;
  for (const FleetMarket& market : fleet.order.markets) {
    plan_market(market, instances, settings, now, plan);
  }
  fleet.order.markets.clear();  // the launches have what they need, and user data is large
  fleet.errors = plan.errors;
  for (std::size_t n = 0; n < plan.placements.size(); ++n) {
    Placement& placement = plan.placements[n];
    // A fleet launches with tokens of its own.
    placement.order.client_token = str(fleet.id, '-', n);
    placement.order.tags["aws:ec2:fleet-id"] = fleet.id;
    FleetLaunch& launch = launch_of(fleet, plan.overrides[n], placement.order);
    for (const Instance* one : instances.launch(placement, now)) launch.ids.push_back(one->id);
  }
  return fleet;
}

const Fleet* Fleets::made_by(std::string_view region, std::string_view token,
                             std::string_view digest) const {
  if (token.empty()) return nullptr;
  for (const Fleet& fleet : all_) {
    if (fleet.order.region != region || fleet.order.client_token != token) continue;
    if (fleet.order.digest != digest) token_mismatch();
    return &fleet;
  }
  return nullptr;
}

}  // namespace cb::ec2sim
