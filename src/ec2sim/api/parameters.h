#pragma once
// Which parameters each action takes, as EC2's API reference has them.

#include <string_view>
#include <vector>

#include "ec2sim/api/query.h"

namespace cb::ec2sim {

// Throws Refusal: InvalidAction, NoSuchVersion, UnknownParameter, InvalidParameterValue for a value
// of the wrong kind, and UnsupportedOperation for what EC2 knows and the simulator does not model.
void check_parameters(std::string_view action, const Parameters& parameters);

// The actions that are served.
std::vector<std::string_view> known_actions();

}  // namespace cb::ec2sim
