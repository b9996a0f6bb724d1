#include "sim/checkers/bounds.h"

#include <algorithm>

#include "sim/cloud/sim_cloud.h"

namespace cb::sim {

Duration boot_bound(const core::Settings& settings, const PoolName& pool) {
  return std::max(settings.pools.at(pool).launch_timeout, settings.sweep_grace);
}

Duration unseen_bound(const Options& options) {
  // The listing under way when it was born may not show it; the next one begins at its pace, or
  // with the answer of that one, and may show the world as it was a moment ago.
  return std::max(options.settings.listing_slow, SimCloud::kCallLimit) + SimCloud::kCallLimit +
         options.staleness + kSlack;
}

Duration word_bound(const Options& options, Duration since_end) {
  const core::Settings& settings = options.settings;
  const Duration shown = unseen_bound(options);
  if (options.shown_after_end > since_end + shown) return shown;
  return shown + settings.not_visible_grace +
         std::max(settings.listing_slow, settings.missing_grace) + 2 * SimCloud::kCallLimit;
}

Duration idle_bound(const core::Settings& settings, const PoolName& pool, Duration booted) {
  return std::max(settings.pools.at(pool).idle_timeout, booted);
}

Duration orphan_bound(const Options& options, const PoolName& pool) {
  const core::Settings& settings = options.settings;
  const Duration boots = boot_bound(settings, pool);
  const Duration idles = idle_bound(settings, pool, settings.pools.at(pool).launch_timeout);
  return unseen_bound(options) + boots + idles + settings.idle_save_interval + 3 * kSlack;
}

Duration rest_bound(const Options& options) {
  const core::Settings& settings = options.settings;
  Duration worst{0};
  for (const auto& [name, pool] : settings.pools) {
    worst = std::max(worst, orphan_bound(options, name));
  }
  // Who asked for a lease that is held, and was answered late.
  if (options.staying_percent != 0) worst += settings.lease_grace + minutes{45};
  // Callers who still wait may cause one more launch; what was started late dies late; the ledger
  // and the journal are closed by a listing that says terminated.
  return settings.wait_default + settings.unknown_outcome_grace + worst +
         settings.terminate_repeat + minutes{10} + SimCloud::kLatestEffect + settings.restart_grace;
}

Duration useful_bound(const Options& options) {
  // Half a minute for the calls: each takes a second at most, and a candidate may be refused.
  return options.pending_max + options.boot_max + seconds{30};
}

Duration memory_bound(const core::Settings& settings) {
  // Who waited at the healing may still have caused a launch, which counts for an hour.
  return settings.wait_default + settings.unknown_outcome_grace + hours{1} +
         std::max({settings.retry_after, settings.quota_memory, settings.capacity_memory,
                   settings.denied_memory});
}

Duration blind_bound(const core::Settings& settings) {
  return static_cast<int>(settings.alive_failures_max) *
             (settings.alive_interval + settings.alive_connect_limit) +
         milliseconds{200};
}

}  // namespace cb::sim
