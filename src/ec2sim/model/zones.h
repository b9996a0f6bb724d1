#pragma once
// Regions, zones and their default subnets.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ec2sim/settings/settings.h"

namespace cb::ec2sim {

// "us-east-1a", "us-east-1b", ... as the settings say.
std::vector<std::string> zones_of(const Settings& settings, std::string_view region);

// The default VPC of a region, always the same for the same name.
std::string vpc_of(std::string_view region);
// The default subnet of a zone, always the same for the same name.
std::string subnet_of(std::string_view zone);
// "use1-az1": EC2's name of a zone that is the same for all accounts.
std::string zone_id(std::string_view zone);

// 17 hexadecimal digits that stand for `text`, for ids that need no chance.
std::string steady_hex(std::string_view text);

}  // namespace cb::ec2sim
