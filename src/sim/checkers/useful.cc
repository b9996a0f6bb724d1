#include "sim/checkers/useful.h"

#include <algorithm>

#include "base/text.h"
#include "sim/checkers/bounds.h"
#include "sim/checkers/configured.h"
#include "sim/checkers/launch_memory.h"
#include "sim/checkers/needs.h"

namespace cb::sim {
namespace {

constexpr const char* kUsefulRule = "9-useful";

}  // namespace

// The one that is known longest, so that others drain.
const core::WorkerRecord* Useful::good_one(const PoolName& pool, const core::Need& need) const {
  const core::WorkerRecord* oldest = nullptr;
  const core::Settings& settings = ground_.options.settings;
  const bool probed = settings.pools.at(pool).ready != core::ReadyCheck::kNone;
  // Nobody is given what its pool does not offer any more.
  if (LaunchMemory::plan(settings, settings.pools.at(pool), need).empty()) return nullptr;
  for (const auto& [id, worker] : store_.durable().workers) {
    if (worker.pool != pool || worker.phase != core::WorkerPhase::kReady) continue;
    if (!configured(settings, worker) || !has_room(worker, need)) continue;
    if (unwritten_ && settings.pools.at(pool).sharing != core::Sharing::kShared) continue;
    const Life* life = history_.life(id);
    if (life == nullptr || worker.address.empty() || !life->told_running) continue;
    if (life->told_ending || life->told_stopped || life->end_asked) continue;
    const bool good = life->good_probe && life->failures < settings.alive_failures_max &&
                      !life->doubted && !worker.doubted;
    if (probed && !good) continue;
    if (oldest == nullptr || worker.begun < oldest->begun) oldest = &worker;
  }
  return oldest;
}

// For one alone: certainly none where anybody may have used it, which the journal does not say.
bool Useful::has_room(const core::WorkerRecord& worker, const core::Need& need) const {
  if (need.alone || need.count > 1 || !need.fits(worker)) return false;
  const core::PoolSettings& pool = ground_.options.settings.pools.at(worker.pool);
  const std::size_t places = pool.places(worker.type);
  const bool packed = pool.sharing == core::Sharing::kPacked;
  std::size_t taken = 0;
  for (const auto& [id, lease] : store_.durable().leases) {
    if (lease.worker != worker.id) continue;
    if (lease.alone || (packed && (lease.cores == 0 || need.cores == 0))) return false;
    taken += packed ? static_cast<std::size_t>(lease.cores) : 1;
  }
  const std::size_t wanted = packed ? static_cast<std::size_t>(need.cores) : 1;
  return places == core::kAnyNumber || taken + wanted <= places;
}

void Useful::asked(CallerId caller, const core::Request& request) {
  const auto* get = std::get_if<core::GetWorker>(&request);
  if (get == nullptr) {
    upset_ = upset_ || std::holds_alternative<core::Release>(request) ||
             std::holds_alternative<core::TerminateAll>(request);
    return;
  }
  if (!ground_.options.settings.pools.contains(get->pool)) return;
  if (ground_.schedule.healed()) must_be_served(caller, get->pool);
  if (upset_ || history_.commit_failing()) return;
  // What there is may be held for them.
  const bool held = counts_wait(history_.needs_lately(get->pool));
  const auto* worker = held ? nullptr : good_one(get->pool, core::need_of(*get));
  if (worker != nullptr) at_once_.emplace(caller, worker->id);
  // Its places may be gone for the next one.
  upset_ =
      upset_ || get->alone || !ground_.options.settings.pools.at(get->pool).any_number_of_clients();
}

void Useful::must_be_served(CallerId caller, const PoolName& pool) {
  const Duration limit = useful_bound(ground_.options);
  soon_.emplace(caller, pool);
  ground_.after(limit, [this, caller, limit] {
    if (!soon_.contains(caller)) return;
    throw Violated(kUsefulRule, str("caller ", caller.value, " has no worker after ",
                                    to_string(limit), ", long after all trouble"));
  });
}

void Useful::answered(CallerId caller, const core::Answer& answer) {
  if (given_in(answer).empty()) {
    const auto* refused = std::get_if<core::Refused>(&answer);
    const std::string why = refused != nullptr ? refused->why : "";
    if (const auto found = at_once_.find(caller); found != at_once_.end()) {
      throw Violated(kUsefulRule, str("caller ", caller.value, " was refused while ",
                                      found->second.value, " was good: ", why));
    }
    if (soon_.contains(caller)) {
      throw Violated(kUsefulRule,
                     str("caller ", caller.value, " was refused long after all trouble: ", why));
    }
  }
  forget(caller);
}

// Probes may pass; what else the broker hears may take a worker away before the question is read.
void Useful::told(const core::Event& event) {
  upset_ = upset_ || std::holds_alternative<core::Listed>(event) ||
           std::holds_alternative<core::StopRequested>(event) ||
           std::holds_alternative<core::SettingsChanged>(event);
}

// All that was asked and told has been gone through, and what is good is in the journal.
void Useful::nobody_waits() const {
  if (history_.waiting().empty() || history_.commit_failing()) return;
  for (const auto& [pool, settings] : ground_.options.settings.pools) {
    if (counts_wait(history_.needs_lately(pool))) continue;
    for (const auto& [need, callers] : history_.needs(pool)) {
      const auto* worker = good_one(pool, need);
      if (worker == nullptr) continue;
      throw Violated(kUsefulRule, str("callers of pool ", pool.value, " wait while ",
                                      worker->id.value, " is good"));
    }
  }
}

void Useful::turned() {
  upset_ = false;
  nobody_waits();
  unwritten_ = failing_;  // it is told in the next turn
  if (at_once_.empty()) return;
  const auto& [caller, worker] = *at_once_.begin();
  throw Violated(kUsefulRule, str("caller ", caller.value, " was not given ", worker.value,
                                  " at once, which was good"));
}

}  // namespace cb::sim
