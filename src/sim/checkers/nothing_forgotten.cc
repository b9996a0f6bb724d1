#include "sim/checkers/nothing_forgotten.h"

#include <algorithm>

#include "base/text.h"
#include "sim/checkers/needs.h"

namespace cb::sim {
namespace {

constexpr const char* kNothingForgottenRule = "6-nothing-forgotten";
// So long is a launch remembered that left no instance.
constexpr Duration kLostIsRemembered = hours{24};

}  // namespace

void NothingForgotten::started(const BrokerStart& start) {
  journal(start);
  workers(start);
  launches(start);
}

// What the journal gave is held, whatever was going on when the last process ended.
void NothingForgotten::journal(const BrokerStart& start) const {
  const core::Records& gave = start.recovered;
  const core::Records& held = start.held;
  for (const auto& [id, record] : gave.workers) {
    const auto found = held.workers.find(id);
    demand(found != held.workers.end(), "worker", id.value);
    demand(found->second.begun == record.begun, "the age of", id.value);
    const Duration added = found->second.last_used - record.last_used;
    demand(Duration{0} <= added && added <= ground_.options.settings.idle_save_interval,
           "the idle clock of", id.value);
  }
  for (const auto& [token, record] : gave.attempts) {
    const auto found = held.attempts.find(token);
    demand(found != held.attempts.end(), "launch", token.value);
    demand(found->second.begun == record.begun && found->second.request == record.request &&
               found->second.doomed >= record.doomed,
           "something of launch", token.value);
  }
  for (const auto& [token, stamp] : gave.stamps) {
    const auto found = held.stamps.find(token);
    demand(found != held.stamps.end() && found->second == stamp, "the hour of", token.value);
  }
  for (const auto& [token, closed] : gave.closed) {
    demand(held.closed.contains(token), "closed launch", token.value);
  }
  for (const auto& [id, lease] : gave.leases) {
    const auto worker = held.workers.find(lease.worker);
    if (worker == held.workers.end()) continue;
    if (worker->second.phase == core::WorkerPhase::kTerminating) continue;
    const auto found = held.leases.find(id);
    demand(found != held.leases.end() && found->second == lease, "lease", to_text(id));
  }
  const bool counts_on = !gave.broker || (held.broker->nonce == gave.broker->nonce &&
                                          held.broker->next_attempt >= gave.broker->next_attempt);
  demand(counts_on, "the number of", "the next launch");
}

void NothingForgotten::demand(bool kept, std::string_view what, std::string_view whose) {
  if (!kept)
    throw Violated(kNothingForgottenRule, str(what, " ", whose, " is not as the journal gave it"));
}

void NothingForgotten::committed(const std::vector<core::Change>& changes) {
  for (const core::Change& change : changes) {
    const auto* dropped = std::get_if<core::DropWorker>(&change);
    const Life* const life = dropped != nullptr ? history_.life(dropped->id) : nullptr;
    if (life == nullptr || life->end_asked || !life->instance->alive()) continue;
    throw Violated(kNothingForgottenRule, str(dropped->id.value, " is forgotten, and runs"));
  }
}

void NothingForgotten::turned() {
  for (const auto& [pool, settings] : ground_.options.settings.pools) {
    if (counts_wait(history_.needs_lately(pool))) held_[pool] = ground_.now();
  }
}

void NothingForgotten::workers(const BrokerStart& start) const {
  for (const auto& [id, life] : history_.lives()) {
    if (!life.handed || life.told_ending || !life.instance->alive()) continue;
    const auto held = start.held.workers.find(id);
    if (held == start.held.workers.end()) {
      throw Violated(kNothingForgottenRule,
                     str(id.value, " was handed out and is unknown after the restart"));
    }
    if (held->second.phase == core::WorkerPhase::kReady) {
      idle_clock(life, held->second);
    }
  }
}

void NothingForgotten::idle_clock(const Life& life, const core::WorkerRecord& held) const {
  const Duration idle = ground_.clock.boot() - held.last_used;
  const Duration truly = ground_.now() - *life.handed;
  const InstanceId& id = life.instance->id;
  if (idle > truly + life.too_old) {
    throw Violated(kNothingForgottenRule,
                   str(id.value, " is idle for ", to_string(idle),
                       " after the restart, but was used ", to_string(truly), " ago"));
  }
  // Someone may have asked who never got his answer.
  const auto held_for_a_count = held_.find(life.instance->pool);
  const Moment kept = held_for_a_count == held_.end() ? *life.handed : held_for_a_count->second;
  const Duration at_least = ground_.now() -
                            std::max({*life.handed, life.stirred.value_or(*life.handed), kept}) -
                            2 * ground_.options.batching - life.too_young;
  if (at_least - idle > ground_.options.settings.idle_save_interval) {
    throw Violated(kNothingForgottenRule,
                   str(id.value, " is idle for ", to_string(idle),
                       " after the restart, but was last asked for ", to_string(at_least), " ago"));
  }
}

void NothingForgotten::launches(const BrokerStart& start) const {
  for (const auto& [token, attempt] : history_.attempts()) {
    if (attempt.settled || start.held.attempts.contains(token)) continue;
    // A wall clock that was ahead at a reboot has made it older, and first_call knows.
    if (ground_.now() - attempt.first_call >= kLostIsRemembered) continue;
    bool known = start.held.closed.contains(token);
    for (const auto& [id, worker] : start.held.workers) known = known || worker.token == token;
    if (known || !attempt.unknown) continue;
    throw Violated(kNothingForgottenRule,
                   str("launch ", token.value, " is not settled and unknown after the restart"));
  }
}

}  // namespace cb::sim
