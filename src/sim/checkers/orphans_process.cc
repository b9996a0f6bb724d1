// What ends, starts and pauses of the broker's process mean for those that rule 4 watches.

#include <algorithm>

#include "sim/checkers/bounds.h"
#include "sim/checkers/needs.h"
#include "sim/checkers/orphans.h"
#include "sim/cloud/sim_cloud.h"

namespace cb::sim {

// What is due soon after it stood still waits as well.
Moment Orphans::listens_until(const Watched& watched) const {
  const bool waits = watched.phase == Phase::kBooting || watched.phase == Phase::kReady;
  if (!waits || ground_.hears_since() == Moment{}) return {};
  return ground_.hears_since() + ground_.options.settings.restart_grace + idle_slack();
}

void Orphans::went_down() {
  leased_unwritten_.clear();
  for (const auto& [id, watched] : living_) judge(watched);
  down_ = true;
}

void Orphans::starting(Duration misjudged) {
  // After a reboot its clocks may believe that less time has passed than in truth.
  const Duration younger = std::max(-misjudged, Duration{0});
  for (auto& [id, watched] : living_) {
    if (watched.boot_until) *watched.boot_until += younger;
    if (watched.idle_until) *watched.idle_until += younger;
  }
}

void Orphans::started(const BrokerStart& start) {
  down_ = false;
  shut_ = others_;
  named_ = in_doubt_ = false;
  started_ = ground_.now();
  open_from_ = ground_.now() + SimCloud::kCallLimit;
  follow_settings();
  for (auto& [id, watched] : living_) {
    // A start reckons boots by what the file says by now.
    const Duration boots = boot_bound(ground_.options.settings, watched.instance->pool);
    if (watched.boot_until) *watched.boot_until += std::max(boots - watched.may_boot, Duration{0});
    watched.may_boot = boots;
    const Phase before = watched.phase;
    watched.asked = false;
    const Moment until = resumed(watched, start.held) + idle_slack();
    trouble(watched, until);
    watched.deadline = until;
    // All that came before has to be gone through again.
    if (watched.phase < before) watched.excused = until - watched.needed;
  }
}

// Before it ends anything it listens.
void Orphans::hears_again() {
  open_from_ = std::max(open_from_, ground_.now() + SimCloud::kCallLimit);
  const Moment soonest = ground_.now() + ground_.options.settings.restart_grace;
  for (auto& [id, watched] : living_) {
    switch (watched.phase) {
      case Phase::kUnseen:
        trouble(watched, ground_.now() + unseen_bound(ground_.options));
        break;
      case Phase::kBooting:
        trouble(watched, soonest + kSlack);
        break;
      case Phase::kReady:
        trouble(watched, soonest + idle_slack());
        break;
      case Phase::kEnding:
        trouble(watched, ground_.now() + kSlack);
        break;
    }
  }
}

// What this process knows of it is what the journal held.
Moment Orphans::resumed(Watched& watched, const core::Records& held) {
  const core::Settings& settings = ground_.options.settings;
  const Moment soonest = ground_.now() + settings.restart_grace;
  const auto found = held.workers.find(watched.instance->id);
  if (found == held.workers.end()) {
    watched.phase = Phase::kUnseen;
    return std::max(open_from_, watched.hidden_until) + unseen_bound(ground_.options);
  }
  switch (found->second.phase) {
    case core::WorkerPhase::kBooting:
    case core::WorkerPhase::kAdopting:
      watched.phase = Phase::kBooting;
      return std::max(watched.boot_until.value_or(soonest), soonest);
    case core::WorkerPhase::kReady:
      watched.phase = Phase::kReady;
      return std::max(watched.idle_until.value_or(soonest) + settings.idle_save_interval, soonest);
    case core::WorkerPhase::kTerminating:
      watched.phase = Phase::kEnding;
      return open_from_;
  }
  return soonest;
}

void Orphans::turned() {
  held_for_counts();
  kept_warm();
}

// What is there stays for one who waits for it and for others at once.
void Orphans::held_for_counts() {
  for (auto& [id, watched] : living_) {
    if (watched.phase != Phase::kReady) continue;
    const Instance& instance = *watched.instance;
    const auto& needs = history_.needs_lately(instance.pool);
    if (counts_want(needs, {instance.type, instance.market, instance.region})) touched(watched);
  }
}

// Whether a window still wants what it keeps is looked at after each quiet_interval.
void Orphans::kept_warm() {
  if (ground_.options.warm.empty()) return;
  for (auto& [id, watched] : living_) {
    if (watched.phase != Phase::kReady || warm_.most(watched.instance->pool) == 0) continue;
    judge(watched);
    watched.needed = ground_.now();
    watched.excused = Duration{0};
    const Moment kept = ground_.now() + ground_.options.settings.quiet_interval + idle_slack();
    watched.deadline = std::max(watched.deadline, kept);
    watched.idle_until = watched.deadline;
  }
}

}  // namespace cb::sim
