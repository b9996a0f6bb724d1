#include "sim/checkers/warm_demand.h"

#include <algorithm>

#include "sim/checkers/configured.h"

namespace cb::sim {
const core::WarmWindow* WarmDemand::at(const PoolName& pool, WallTime time) const {
  const auto found = ground_.warm.find(pool);
  if (found == ground_.warm.end() || !ground_.options.settings.pools.contains(pool)) return nullptr;
  const core::WarmWindow* last = nullptr;
  for (const core::WarmWindow& window : found->second) {
    if (window.from <= time && time < window.until) last = &window;
  }
  return last;
}

bool WarmDemand::suspended(const PoolName& pool, const core::WarmWindow& window) const {
  const auto& broker = store_.durable().broker;
  if (!broker || !broker->terminated_all) return false;
  const Duration lead = ground_.options.settings.pools.at(pool).warm_lead;
  return *broker->terminated_all >= window.from - lead && *broker->terminated_all < window.until;
}

std::size_t WarmDemand::wanted(const PoolName& pool, WallTime time) const {
  if (!ground_.options.settings.pools.contains(pool)) return 0;
  std::size_t out = 0;
  for (const Duration ahead : {Duration{0}, ground_.options.settings.pools.at(pool).warm_lead}) {
    const core::WarmWindow* const window = at(pool, time + ahead);
    if (window != nullptr && !suspended(pool, *window)) out = std::max(out, window->workers);
  }
  return out;
}

bool WarmDemand::within_a_window(WallTime time) const {
  for (const auto& [pool, windows] : ground_.warm) {
    const auto known = ground_.options.settings.pools.find(pool);
    if (known == ground_.options.settings.pools.end()) continue;
    for (const core::WarmWindow& window : windows) {
      if (window.from - known->second.warm_lead <= time && time < window.until) return true;
    }
  }
  return false;
}

std::size_t WarmDemand::most(const PoolName& pool) const {
  std::size_t out = wanted(pool, ground_.turn.now.wall);
  const auto found = samples_.find(pool);
  if (found == samples_.end()) return out;
  for (const auto& [when, want] : found->second) out = std::max(out, want);
  return out;
}

std::size_t WarmDemand::least(const PoolName& pool) const {
  std::size_t out = wanted(pool, ground_.turn.now.wall);
  const auto found = samples_.find(pool);
  if (found == samples_.end()) return 0;
  for (const auto& [when, want] : found->second) out = std::min(out, want);
  return out;
}

std::size_t WarmDemand::staying(const PoolName& pool) const {
  const auto& workers = store_.durable().workers;
  return static_cast<std::size_t>(
      std::count_if(workers.begin(), workers.end(), [&](const auto& entry) {
        return entry.second.pool == pool && entry.second.phase != core::WorkerPhase::kTerminating &&
               configured(ground_.options.settings, entry.second);
      }));
}

void WarmDemand::turned() {
  if (ground_.options.warm.empty()) return;
  const Moment old = ground_.turn.at - ground_.options.settings.calendar_interval - seconds{1} -
                     4 * ground_.options.batching;
  for (const auto& [pool, settings] : ground_.options.settings.pools) {
    Samples& samples = samples_[pool];
    const std::size_t now = wanted(pool, ground_.turn.now.wall);
    if (samples.empty() || samples.back().second != now) samples.emplace_back(ground_.turn.at, now);
    // The first that remains held when the oldest that counts began.
    while (samples.size() > 1 && samples[1].first <= old) samples.pop_front();
  }
}

}  // namespace cb::sim
