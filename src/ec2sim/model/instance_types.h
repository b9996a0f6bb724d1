#pragma once
// The instance types that exist here, how many vCPUs each has and what an hour of it costs.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.h"

namespace cb::ec2sim {

struct TypeInfo {
  int vcpus = 0;
  Money on_demand_hourly;
  Money spot_hourly;
  bool arm = false;
};

// Any size of a family that is known ("c7i.16xlarge"). Prices are those of us-east-1, Linux, for
// one vCPU, times the size; spot is a fixed part of it. Empty: EC2 has no such type, as far as the
// simulator knows.
std::optional<TypeInfo> find_type(std::string_view name);

// The families, for messages and documentation.
std::vector<std::string> known_families();

}  // namespace cb::ec2sim
