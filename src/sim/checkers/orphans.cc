#include "sim/checkers/orphans.h"

#include <algorithm>

#include "base/text.h"
#include "sim/checkers/bounds.h"
#include "sim/sim_cloud.h"

namespace cb::sim {

// Someone waits, and it may still become what he waits for.
bool Orphans::awaited(const Life& life) const {
  const Duration age = ground_.now() - life.instance->born;
  return age < SimCloud::kCallLimit + boot_bound(ground_.options.settings, life.instance->pool) &&
         history_.waits_for(life.instance->pool);
}

// Called before History takes note, so that who leaves just now still counts.
void Orphans::refresh() {
  for (const Life* life : history_.living()) {
    if (awaited(*life)) needed_[life->instance->id] = ground_.now();
  }
}

void Orphans::asked(CallerId, const core::Request&) {
  refresh();
}

// What is found by its tag after the journal was lost has its life before it.
void Orphans::committed(const std::vector<core::Change>& changes) {
  for (const core::Change& change : changes) {
    const auto* worker = std::get_if<core::WorkerRecord>(&change);
    const Life* life = worker != nullptr ? history_.life(worker->id) : nullptr;
    if (life == nullptr || !life->before_loss) continue;
    if (adopted_.insert(worker->id).second) needed_[worker->id] = ground_.now();
  }
}

void Orphans::ended(const Instance& instance) {
  if (!ours(instance)) return;
  const Life& life = *history_.life(instance.id);
  Moment needed = std::max(instance.born, needed_[instance.id]);
  if (life.used) needed = std::max(needed, *life.used);
  if (awaited(life)) needed = ground_.now();
  const Moment now = ground_.now();
  const Duration orphaned = now - needed;
  ground_.tally.orphan(static_cast<std::uint64_t>(orphaned / seconds{1}),
                       ec2_.cost(instance, needed, now), ground_.options.seed);
  const Duration excused = excuses_.within(instance.id, needed, now);
  const Duration bound = orphan_bound(ground_.options.settings, instance.pool);
  if (orphaned - excused <= bound) return;
  throw Violated("4-orphans", str(instance.id.value, " was billed for ", to_string(orphaned),
                                  " with nobody behind it, ", to_string(excused),
                                  " of it excused (bound ", to_string(bound), ")"));
}

}  // namespace cb::sim
