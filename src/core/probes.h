#pragma once
// Whether a worker's service answers: often while it boots, now and then while it is in use.

#include <functional>
#include <string>

#include "core/endings.h"
#include "core/launcher.h"

namespace cb::core {

class Probes {
 public:
  Probes(Desk& desk, WorkerPool& workers, Endings& endings, Launcher& launcher)
      : desk_(desk), workers_(workers), endings_(endings), launcher_(launcher) {}

  // EC2 shows `worker` running with an address, or the broker has restarted: begins to probe it,
  // or takes EC2's word where the pool has no ready check.
  void start(Worker& worker);
  void probed(const Probed& answer);

  // Whether its pool has a ready check at all.
  bool looks_at(const Worker& worker) const {
    return settings_of(worker).ready != ReadyCheck::kNone;
  }

  void probe_due(const InstanceId& id);
  void boot_due(const InstanceId& id);  // not ready within launch_timeout
  // No connection for unreachable_timeout: ended, unless a PING holds it.
  void unreachable_due(const InstanceId& id);
  void idle_due(const InstanceId& id);
  void lifetime_due(const InstanceId& id);

 private:
  const PoolSettings& settings_of(const Worker& worker) const;
  void send(Worker& worker, ProbeKind kind);
  void now_ready(Worker& worker);
  void adopted(Worker& worker);
  void alive(Worker& worker);
  void not_alive(Worker& worker, ProbeOutcome outcome);

  Desk& desk_;
  WorkerPool& workers_;
  Endings& endings_;
  Launcher& launcher_;
};

}  // namespace cb::core
