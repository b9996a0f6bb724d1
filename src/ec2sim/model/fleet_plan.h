#pragma once
// Which pools a fleet's instances come from.

#include <vector>

#include "ec2sim/model/fleets.h"

namespace cb::ec2sim {

struct FleetPlan {
  std::vector<Placement> placements;
  std::vector<std::size_t> overrides;  // the override of each placement
  std::vector<FleetError> errors;
};

// Adds to `plan` what `market` gets beside what is in it already. Nothing is launched.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-fleet-allocation-strategy.html
void plan_market(const FleetMarket& market, Instances& instances, const Settings& settings,
                 SimNow now, FleetPlan& plan);

}  // namespace cb::ec2sim
