#pragma once
// The instance types that exist here, what each is and what an hour of it costs.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.h"

namespace cb::ec2sim {

struct TypeInfo {
  int vcpus = 0;
  int threads_per_core = 2;
  std::int64_t memory_mib = 0;
  Money on_demand_hourly;
  Money spot_hourly;
  std::string_view maker;  // "Intel", "AMD", "AWS"
  bool arm = false;
  bool burstable = false;
};

// Any size but metal of a family that is known ("c7i.16xlarge"). Prices are those of us-east-1,
// Linux; spot is a fixed part of it. Empty: EC2 has no such type, as far as the simulator knows.
std::optional<TypeInfo> find_type(std::string_view name);

// All of them, family by family, the small ones first.
const std::vector<std::string>& known_types();

}  // namespace cb::ec2sim
