#pragma once
// CreateFleet's parameters, checked as EC2 checks them, as a FleetOrder.

#include <string_view>

#include "ec2sim/api/query.h"
#include "ec2sim/model/fleets.h"
#include "ec2sim/model/launch_templates.h"
#include "ec2sim/settings/settings.h"

namespace cb::ec2sim {

// `parameters` passed check_parameters(). Throws Refusal for the call as a whole: another type than
// `instant`, targets that contradict each other, a template that does not exist, the same pool
// twice. What is wrong with one override is an error of the order.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFleet.html
FleetOrder read_fleet(const Parameters& parameters, const LaunchTemplates& templates,
                      const Settings& settings, std::string_view region);

}  // namespace cb::ec2sim
