#pragma once
// RunInstances' parameters, checked as EC2 checks them, as a LaunchOrder.

#include <string_view>

#include "ec2sim/api/query.h"
#include "ec2sim/model/instance.h"
#include "ec2sim/settings/settings.h"

namespace cb::ec2sim {

// `parameters` passed check_parameters(). Throws Refusal: a missing parameter, a name that does not
// exist here (image, type, key, group, subnet, zone, profile), a combination that EC2 refuses, or
// bad user data.
LaunchOrder read_launch(const Parameters& parameters, const Settings& settings,
                        std::string_view region);

// The same for the data of a launch template, which may leave out anything.
void check_launch_data(const Parameters& data, const Settings& settings, std::string_view region);

}  // namespace cb::ec2sim
