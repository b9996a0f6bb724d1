#pragma once
// Fleets of type `instant`: one call that launches from many overrides, and remembers what became
// of it. Pure.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "ec2sim/api/query.h"
#include "ec2sim/model/instances.h"
#include "ec2sim/settings/settings.h"

namespace cb::ec2sim {

// One way to launch, as the request has it; texts are empty where they were not given.
struct FleetOverride {
  std::string template_id;
  std::string template_version;
  std::string type;
  std::string subnet;
  std::string zone;
  std::string image;
  std::string max_price;
  std::string priority;
};

// An override in one zone: where it names none there is a pool for each.
struct FleetPool {
  std::size_t override_index = 0;
  LaunchOrder order;  // its zone is set
  double priority;    // the lower, the sooner; infinite when there is none
};

enum class Allocation {
  kLowestPrice,
  kPriceCapacity,
  kCapacity,
  kCapacityPrioritized,
  kPrioritized,
  kDiversified,
};

struct FleetError {
  std::size_t override_index = 0;
  bool spot = false;
  std::string code;
  std::string message;
  bool operator==(const FleetError&) const = default;
};

// What is wanted of one market.
struct FleetMarket {
  bool spot = false;
  Allocation allocation = Allocation::kLowestPrice;
  std::int64_t target = 0;
  std::int64_t least = 0;  // fewer than that are not launched at all
  bool single_type = false;
  bool single_zone = false;
  std::vector<FleetPool> pools;
};

struct FleetOrder {
  std::string region;
  std::string client_token;  // empty: none
  std::string digest;        // what the token stands for
  std::vector<FleetOverride> overrides;
  std::vector<FleetMarket> markets;
  std::vector<FleetError> errors;  // of overrides that make no valid launch
};

// The instances of one override in one market.
struct FleetLaunch {
  std::size_t override_index = 0;
  bool spot = false;
  std::string type;
  std::vector<std::string> ids;
};

struct Fleet {
  std::string id;  // "fleet-01234567-89ab-cdef-0123-456789abcdef"
  FleetOrder order;
  std::vector<FleetLaunch> launches;
  std::vector<FleetError>
      errors;  // those of the order, and of pools that gave less than was wanted
};

class Fleets {
 public:
  // Launches what can be had; never throws for what cannot.
  const Fleet& create(FleetOrder order, Instances& instances, const Settings& settings, SimNow now);
  // What this token made; null: nothing. Throws Refusal when it stands for something else.
  const Fleet* made_by(std::string_view region, std::string_view token,
                       std::string_view digest) const;
  void clear() { all_.clear(); }

 private:
  std::uint64_t last_ = 0;
  std::deque<Fleet> all_;
};

}  // namespace cb::ec2sim
