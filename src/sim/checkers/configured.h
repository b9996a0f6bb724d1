#pragma once
// Whether a worker or a launch is what its pool's callers would be given now: an edit of the
// configuration leaves those who use a worker alone, and nobody else gets it.

#include <algorithm>
#include <optional>
#include <string>

#include "core/model/record.h"
#include "core/model/settings.h"

namespace cb::sim {

inline bool configured(const core::Settings& settings, const PoolName& name,
                       const std::string& image, const std::string& type,
                       const std::optional<core::Serving>& serving) {
  const auto found = settings.pools.find(name);
  if (found == settings.pools.end() || !serving) return false;
  const core::PoolSettings& pool = found->second;
  const auto& types = pool.instance_types;
  return image == pool.image && pool.serving().same_machine(*serving) &&
         std::find(types.begin(), types.end(), type) != types.end();
}
inline bool configured(const core::Settings& settings, const core::WorkerRecord& worker) {
  return configured(settings, worker.pool, worker.asked_image, worker.type, worker.serving);
}
inline bool configured(const core::Settings& settings, const core::AttemptRecord& launch) {
  return configured(settings, launch.pool, launch.image, launch.type, launch.serving);
}

}  // namespace cb::sim
