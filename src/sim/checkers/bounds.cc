#include "sim/checkers/bounds.h"

#include <algorithm>

#include "sim/sim_cloud.h"

namespace cb::sim {

Duration boot_bound(const core::Settings& settings, const PoolName& pool) {
  return std::max(settings.pools.at(pool).launch_timeout, settings.sweep_grace);
}

Duration orphan_bound(const core::Settings& settings, const PoolName& pool) {
  // Its answer is on the way, it boots (or is adopted), it idles (never shorter than it booted).
  const Duration boots = boot_bound(settings, pool);
  const Duration idles = std::max(settings.pools.at(pool).idle_timeout, boots);
  return SimCloud::kCallLimit + settings.listing_slow + boots + idles + settings.idle_save_interval;
}

Duration rest_bound(const Options& options) {
  const core::Settings& settings = options.settings;
  Duration worst{0};
  for (const auto& [name, pool] : settings.pools) {
    worst = std::max(worst, orphan_bound(settings, name));
  }
  // Callers who still wait may cause one more launch; what was started late dies late; the ledger
  // and the journal are closed by a listing that says terminated.
  return settings.wait_default + settings.unknown_outcome_grace + worst +
         settings.terminate_repeat + minutes{10} + SimCloud::kLatestEffect + settings.restart_grace;
}

Duration blind_bound(const core::Settings& settings) {
  return static_cast<int>(settings.alive_failures_max) *
             (settings.alive_interval + settings.alive_connect_limit) +
         milliseconds{200};
}

}  // namespace cb::sim
