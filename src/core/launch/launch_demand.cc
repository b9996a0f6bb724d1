// How many workers those who wait need, how many are on their way, and whether more may be
// launched.

#include <algorithm>

#include "base/text.h"
#include "core/launch/launcher.h"

namespace cb::core {

std::optional<NoLaunch> Launcher::ensure(const PoolName& name) {
  if (step_.stopping) {
    return now_and_until_somebody_acts(RefusalReason::kStopping,
                                       "the broker is stopping; ask again in a few seconds");
  }
  if (step_.pool(name) == nullptr) {
    return now_and_until_somebody_acts(RefusalReason::kUnknownPool,
                                       str("pool ", name.value, " is not configured"));
  }
  const std::size_t coming = workers_.coming_to(name);
  const std::size_t wanted = std::max<std::size_t>(this->wanted(name), 1);
  if (coming >= wanted) return {};
  const CloudState& cloud = step_.cloud(step_.region_of(name));
  if (!cloud.trouble.empty()) {
    if (coming != 0 || (cloud.trouble_doubted && step_.cloud_open)) return {};
    return now_and_until_somebody_acts(RefusalReason::kCloud, cloud.trouble);
  }
  for (const LaunchToken& token : under_way_for(name)) {
    if (coming != 0 || !attempts_.at(token).record.mismatch) continue;
    return now_and_until_somebody_acts(RefusalReason::kCloud, why_mismatch(token));
  }
  for (const LaunchToken& token : under_way_for(name)) {
    if (on_their_way(name) < wanted && !awake(attempts_.at(token))) retry(token);
  }
  // One whose time for a call is over may have made an instance all the same.
  for (std::size_t open = coming + under_way_for(name).size(); open < wanted; ++open) {
    const Tried tried = launch_one(name);
    if (!tried.begun) return open != 0 ? std::nullopt : tried.none;
  }
  return {};
}

// Its answer is due, or its next call.
bool Launcher::awake(const Attempt& attempt) const {
  return attempt.in_flight ||
         step_.timers.armed({TimerKind::kAttemptRetry, attempt.record.token.value});
}

// So many workers would serve all who wait.
std::size_t Launcher::wanted(const PoolName& name) const {
  const std::size_t callers = waiting_.waiting_for(name);
  const PoolSettings* const pool = step_.pool(name);
  const auto places = pool != nullptr ? pool->places() : std::nullopt;
  if (callers == 0 || !places) return std::min<std::size_t>(callers, 1);
  return (callers + *places - 1) / *places;
}

std::size_t Launcher::on_their_way(const PoolName& pool) const {
  std::size_t out = workers_.coming_to(pool);
  for (const LaunchToken& token : under_way_for(pool)) out += awake(attempts_.at(token)) ? 1 : 0;
  return out;
}

Launcher::Tried Launcher::launch_one(const PoolName& name) {
  if (!step_.cloud_open || !step_.cloud(step_.region_of(name)).listed_once) return {};
  if (auto why = forbidden(name)) return {.none = std::move(why)};
  if (full(name)) {
    const bool waits = workers_.ending_unconfirmed() != 0 || room_soon() || in_use(name);
    if (waits) return {};
    return {.none = now_and_until_somebody_acts(RefusalReason::kLimit, why_full(name))};
  }
  if (const auto hour = limits_.hour_is_full()) {
    return {.none = NoLaunch{RefusalReason::kLimit, hour->why, hour->since, hour->until}};
  }
  const auto candidate = next_candidate(name);
  if (!candidate) return {.none = nothing_left(name)};
  if (const auto next = limits_.paced_until()) {
    step_.timers.arm_by({TimerKind::kNextTry, ""}, *next);
    return {};
  }
  begin(name, *candidate);
  return {.begun = true};
}

bool Launcher::nothing_to_do(const PoolName& pool) const {
  std::size_t sure = 0;
  if (const Worker* const worker = workers_.coming(pool)) {
    if (worker->record.phase != WorkerPhase::kBooting) return false;
    sure = workers_.coming_to(pool);
  }
  for (const LaunchToken& token : under_way_for(pool)) {
    const Attempt& attempt = attempts_.at(token);
    if (attempt.in_flight && !attempt.record.mismatch) ++sure;
  }
  return sure >= wanted(pool);
}

bool Launcher::full(const PoolName& name) const {
  return workers_.counted() + attempts_.size() >= step_.settings.max_workers || pool_full(name);
}

bool Launcher::pool_full(const PoolName& name) const {
  const std::size_t most = step_.pool(name)->max_workers;
  return most != 0 && workers_.counted_of(name) + open_of(name) >= most;
}

bool Launcher::in_use(const PoolName& name) const {
  return step_.pool(name)->places() && workers_.ready_of(name) != 0;
}

// A doomed launch whose answer is due makes room soon.
bool Launcher::room_soon() const {
  return std::any_of(attempts_.begin(), attempts_.end(), [](const auto& entry) {
    return entry.second.in_flight && entry.second.record.doomed;
  });
}

std::string Launcher::why_full(const PoolName& name) const {
  const std::size_t most = step_.pool(name)->max_workers;
  const bool of_pool = pool_full(name);
  if (in_use(name)) {
    return str(of_pool ? str("[pool.", name.value, "] max_workers = ", most)
                       : str("max_workers = ", step_.settings.max_workers),
               " is reached, and all ", workers_.ready_of(name), " workers of pool ", name.value,
               " are in use: waiting until one is given back");
  }
  if (of_pool) {
    return str("[pool.", name.value, "] max_workers = ", most, " is reached, and none of them can ",
               "be handed out now; see compute-broker list");
  }
  if (step_.settings.max_workers == 0) return "max_workers = 0: launching is switched off";
  std::vector<std::string> parts;
  if (workers_.counted() != 0) parts.push_back(str(workers_.counted(), " workers"));
  if (!attempts_.empty()) parts.push_back(str(attempts_.size(), " launches whose outcome is open"));
  return str("max_workers = ", step_.settings.max_workers, " is reached (", join(parts, ", "),
             "), and none of them can be handed out now; see compute-broker list");
}

}  // namespace cb::core
