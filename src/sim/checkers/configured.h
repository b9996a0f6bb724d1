#pragma once
// What a configuration says of a worker or a launch. Whether it is what its pool's callers would be
// given now: an edit leaves those who use a worker alone, and nobody else gets it. Whether nobody
// has used it for its idle time.

#include <algorithm>
#include <optional>
#include <string>

#include "core/model/record.h"
#include "core/model/settings.h"

namespace cb::sim {

inline bool configured(const core::Settings& settings, const PoolName& name,
                       const std::string& region, const std::string& image, const std::string& type,
                       const std::optional<core::Serving>& serving) {
  const auto found = settings.pools.find(name);
  if (found == settings.pools.end() || !serving) return false;
  const core::PoolSettings& pool = found->second;
  const auto& types = pool.instance_types;
  const auto own = pool.images.find(region);
  return image == (own != pool.images.end() ? own->second.front() : pool.image) &&
         (pool.regions.empty() || std::count(pool.regions.begin(), pool.regions.end(), region)) &&
         pool.serving().same_machine(*serving) &&
         std::find(types.begin(), types.end(), type) != types.end();
}
inline bool configured(const core::Settings& settings, const core::WorkerRecord& worker) {
  return configured(settings, worker.pool, worker.region, worker.asked_image, worker.type,
                    worker.serving);
}
// And for `longer` beside that. What boots for longer than its idle time has as much.
inline bool idle_is_over(const core::Settings& settings, const core::WorkerRecord& worker,
                         Instant now, Duration longer = {}) {
  const auto pool = settings.pools.find(worker.pool);
  if (pool == settings.pools.end()) return false;
  const Duration limit = std::max(pool->second.idle_timeout, worker.boot.value_or(Duration{0}));
  return now - worker.last_used >= limit + longer;
}
inline bool configured(const core::Settings& settings, const core::AttemptRecord& launch) {
  return configured(settings, launch.pool, launch.region, launch.image, launch.type,
                    launch.serving);
}

}  // namespace cb::sim
