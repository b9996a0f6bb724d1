// What warm windows add to demand, and which workers they keep from the idle rule.

#include <algorithm>
#include <tuple>

#include "base/text.h"
#include "core/launch/launcher.h"

namespace cb::core {

bool Launcher::warm_lacks(const PoolName& name) const {
  std::size_t sure = workers_.staying_of(name);
  for (const LaunchToken& token : under_way_for(name)) {
    const Attempt& attempt = attempts_.at(token);
    sure += awake(attempt) && !passed_over(name, attempt.record.region) ? 1 : 0;
  }
  return sure < warm_.wanted(name);
}

void Launcher::keep_warm(const PoolName& name) {
  if (!warm_lacks(name) || warm_.held(name)) return;
  const auto none = launch_warm(name);
  if (!none) return;
  const bool by_ec2 =
      none->reason == RefusalReason::kNoCapacity || none->reason == RefusalReason::kConfiguration;
  if (by_ec2) {
    warm_.failed(name, none->why, none->next_try);
  } else {
    warm_.hindered(name, why_not_warm(name, *none), none->next_try);
  }
}

// What those who wait cause is counted: it will be there for the window as well.
std::optional<NoLaunch> Launcher::launch_warm(const PoolName& name) {
  if (auto why = unreachable(name)) {
    if (asked_anew(name, {})) return {};
    return now_and_until_somebody_acts(RefusalReason::kCloud, *std::move(why));
  }
  if (auto why = mismatch(name)) {
    return now_and_until_somebody_acts(RefusalReason::kCloud, *std::move(why));
  }
  leave_regions_that_are_cut_off(name);
  for (const LaunchToken& token : under_way_for(name)) {
    if (warm_lacks(name) && !awake(attempts_.at(token))) retry(token);
  }
  // One whose time for a call is over may have made an instance all the same.
  std::size_t open = 0;
  for (const LaunchToken& token : under_way_for(name)) {
    open += passed_over(name, attempts_.at(token).record.region) ? 0 : 1;
  }
  for (; workers_.staying_of(name) + open < warm_.wanted(name); ++open) {
    const Tried tried = launch_one(name, {}, warm_.because(name));
    if (!tried.begun) return open != 0 ? std::nullopt : tried.none;
  }
  return {};
}

// Nobody waits: that no worker can be handed out is no matter.
std::string Launcher::why_not_warm(const PoolName& name, const NoLaunch& none) const {
  if (none.reason != RefusalReason::kLimit || !full(name)) return none.why;
  return pool_full(name) ? str("[pool.", name.value,
                               "] max_workers = ", step_.pool(name)->max_workers, " is reached")
                         : str("max_workers = ", step_.settings.max_workers, " is reached");
}

// The idle rule would end it.
bool Launcher::time_is_up(const Worker& worker) const {
  return worker.record.phase == WorkerPhase::kReady && workers_.stays(worker) &&
         worker.leases.empty() && !workers_.busy(worker) &&
         workers_.idle_deadline(worker) <= step_.now.boot;
}

bool Launcher::yields(const Worker& worker) const {
  return std::any_of(yielding_.begin(), yielding_.end(),
                     [&](const auto& entry) { return entry.second.contains(worker.record.id); });
}

void Launcher::kept_idle(const Worker& worker) {
  std::erase_if(kept_idle_, [this](const auto& entry) {
    const Worker* const known = workers_.find(entry.second);
    return known == nullptr || !time_is_up(*known);
  });
  kept_idle_.emplace(worker.record.begun, worker.record.id);
}

// The idle rule asks each first whether it computes, and ends it when it does not.
void Launcher::keep_yielding(const PoolName& name) {
  const auto found = yielding_.find(name);
  if (found == yielding_.end()) return;
  std::erase_if(found->second, [this](const InstanceId& id) {
    const Worker* const worker = workers_.find(id);
    return worker == nullptr || !time_is_up(*worker) || cut_off(worker->record.region);
  });
  if (found->second.empty()) yielding_.erase(found);
}

// Where nobody can be asked to end it, its place is of no use.
bool Launcher::could_give_its_place(const Worker& worker, const PoolName& to) const {
  if (pool_full(to) && worker.record.pool != to) return false;
  return time_is_up(worker) && !held_for_a_count(worker) && !cut_off(worker.record.region);
}

bool Launcher::place_could_be_made(const PoolName& name) const {
  return std::any_of(kept_idle_.begin(), kept_idle_.end(), [&](const auto& entry) {
    const Worker* const worker = workers_.find(entry.second);
    return worker != nullptr && could_give_its_place(*worker, name);
  });
}

void Launcher::make_room(const PoolName& name, std::size_t lacking) {
  std::set<InstanceId>& theirs = yielding_[name];
  const std::size_t soon = places_soon(name);
  for (const auto& [begun, id] : kept_idle_) {
    if (soon + theirs.size() >= lacking) break;
    const Worker* const worker = workers_.find(id);
    if (worker == nullptr || !could_give_its_place(*worker, name) || yields(*worker)) continue;
    theirs.insert(id);
    step_.timers.arm({TimerKind::kWorkerIdle, id.value}, step_.now.boot);
    step_.log(LogLevel::kInfo, "warm.yields", about(worker->record),
              str("worker ", id.value, " of pool ", worker->record.pool.value,
                  ", which nobody uses, gives its place to callers of pool ", name.value));
  }
  if (theirs.empty()) yielding_.erase(name);
}

bool Launcher::keeps_warm(const Worker& worker) const {
  const PoolName& pool = worker.record.pool;
  const std::size_t wanted = warm_.wanted(pool);
  if (wanted == 0 || !workers_.stays(worker) || yields(worker)) return false;
  const std::size_t there = workers_.staying_of(pool);
  if (there <= wanted) return true;
  const auto goes_first = [&](const auto& entry) {
    const WorkerRecord& other = entry.second.record;
    return other.pool == pool && time_is_up(entry.second) &&
           std::tie(other.begun, other.id) < std::tie(worker.record.begun, worker.record.id);
  };
  const auto& all = workers_.all();
  return std::count_if(all.begin(), all.end(), goes_first) >=
         static_cast<std::ptrdiff_t>(there - wanted);
}

}  // namespace cb::core
