#include "sim/checkers/no_kill_in_use.h"

#include <algorithm>

#include "base/text.h"

namespace cb::sim {

void NoKillInUse::wall_jumped(Duration by) {
  jumped_since_commit_ += std::max(by, Duration{0});
}

void NoKillInUse::committed(const std::vector<core::Change>&) {
  jumped_since_commit_ = Duration{0};
}

void NoKillInUse::started(const BrokerStart& start) {
  if (start.rebooted) {
    too_old_ += std::min(jumped_since_commit_, ground_.options.settings.restart_elapsed_max);
  }
}

bool NoKillInUse::allowed(const Life& life) const {
  const core::Settings& settings = ground_.options.settings;
  const Moment now = ground_.now();
  if (!life.handed || life.may_be_ended || life.told_ending) return true;
  if (!life.instance->alive()) return true;  // EC2 was first
  if (now - life.called + too_old_ >= settings.max_lifetime) return true;
  if (life.failing_since && now - *life.failing_since >= settings.unreachable_timeout) return true;
  const Duration idle = now - *life.handed + too_old_;
  return idle >= settings.pools.at(life.instance->pool).idle_timeout;
}

// Called before History takes note; a repeated call says nothing new.
void NoKillInUse::terminate_called(const std::vector<InstanceId>& ids) {
  for (const InstanceId& id : ids) {
    const Life* life = history_.life(id);
    if (life == nullptr || life->end_asked || allowed(*life)) continue;
    throw Violated("5-no-kill-in-use",
                   str(id.value, " is ended though it was used ",
                       to_string(Duration{ground_.now() - *life->handed}), " ago"));
  }
}

}  // namespace cb::sim
