#pragma once
// The XML of the answers about fleets.

#include <string>
#include <string_view>

#include "ec2sim/model/fleets.h"

namespace cb::ec2sim {

// `bare`: its id alone.
std::string fleet_answer(const Fleet& fleet, bool bare, std::string_view request_id);

}  // namespace cb::ec2sim
