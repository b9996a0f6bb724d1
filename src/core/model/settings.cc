#include "core/model/settings.h"

#include <algorithm>

#include "core/model/cores.h"

namespace cb::core {

namespace {

const std::vector<std::string>& in(const std::string& region, const ByRegion& there,
                                   const std::vector<std::string>& elsewhere) {
  const auto found = there.find(region);
  return found != there.end() ? found->second : elsewhere;
}

}  // namespace

const std::string& PoolSettings::image_in(const std::string& region) const {
  const auto found = images.find(region);
  return found != images.end() && !found->second.empty() ? found->second.front() : image;
}

const std::vector<std::string>& PoolSettings::security_groups_in(const std::string& region) const {
  return in(region, region_security_groups, security_groups);
}

const std::vector<std::string>& PoolSettings::subnets_in(const std::string& region) const {
  return in(region, region_subnets, subnets);
}

std::span<const std::string> Settings::regions_of(const PoolSettings& pool) const {
  if (pool.regions.empty()) return {&region, 1};
  return pool.regions;
}

bool Settings::launches_in(const PoolSettings& pool, const std::string& there) const {
  const auto regions = regions_of(pool);
  return std::find(regions.begin(), regions.end(), there) != regions.end();
}

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
