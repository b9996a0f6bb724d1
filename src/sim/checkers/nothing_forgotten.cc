#include "sim/checkers/nothing_forgotten.h"

#include <algorithm>

#include "base/text.h"

namespace cb::sim {
namespace {

constexpr const char* kRule = "6-nothing-forgotten";

}  // namespace

void NothingForgotten::started(const BrokerStart& start) {
  // What could not be written was not launched; the rest of such a time is served on trust.
  if (!history_.commit_failing()) {
    workers(start);
    launches(start);
  }
}

void NothingForgotten::workers(const BrokerStart& start) const {
  for (const auto& [id, life] : history_.lives()) {
    if (!life.handed || life.told_ending || !life.instance->alive()) continue;
    const auto held = start.held.workers.find(id);
    if (held == start.held.workers.end()) {
      throw Violated(kRule, str(id.value, " was handed out and is unknown after the restart"));
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
    throw Violated(kRule, str(id.value, " is idle for ", to_string(idle),
                              " after the restart, but was used ", to_string(truly), " ago"));
  }
  // Someone may have asked who never got his answer.
  const Duration at_least = ground_.now() - std::max(*life.handed, *life.stirred) -
                            2 * ground_.options.batching - life.too_young;
  if (at_least - idle > ground_.options.settings.idle_save_interval) {
    throw Violated(kRule,
                   str(id.value, " is idle for ", to_string(idle),
                       " after the restart, but was last asked for ", to_string(at_least), " ago"));
  }
}

void NothingForgotten::launches(const BrokerStart& start) const {
  for (const auto& [token, attempt] : history_.attempts()) {
    if (attempt.settled || start.held.attempts.contains(token)) continue;
    bool known = start.held.closed.contains(token);
    for (const auto& [id, worker] : start.held.workers) known = known || worker.token == token;
    if (known || !attempt.unknown) continue;
    throw Violated(kRule,
                   str("launch ", token.value, " is not settled and unknown after the restart"));
  }
}

}  // namespace cb::sim
