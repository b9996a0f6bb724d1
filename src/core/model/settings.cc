#include "core/model/settings.h"

#include <algorithm>

#include "core/model/cores.h"

namespace cb::core {

int PoolSettings::cores_of_type(std::string_view type) const {
  return cores != 0 ? cores : cores_of(type);
}

int PoolSettings::least_cores(const std::optional<std::string>& type) const {
  if (type) return cores_of_type(*type);
  if (cores != 0 || instance_types.empty()) return cores;
  int fewest = cores_of(instance_types.front());
  for (const std::string& one : instance_types) fewest = std::min(fewest, cores_of(one));
  return fewest;
}

std::size_t PoolSettings::places(std::string_view type) const {
  if (sharing == Sharing::kPacked) return static_cast<std::size_t>(cores_of_type(type));
  if (sharing == Sharing::kExclusive) return 1;
  return max_clients_per_worker != 0 ? max_clients_per_worker : kAnyNumber;
}

std::size_t PoolSettings::places_taken(const Need& need) const {
  const bool packed = sharing == Sharing::kPacked;
  if (need.alone || (packed && need.cores == 0)) return kAnyNumber;
  return packed ? static_cast<std::size_t>(need.cores) : 1;
}

}  // namespace cb::core
