#pragma once
// Whether a worker's service answers. While it boots one question stays open until it does; while
// it is in use its port is tried now and then; and when nobody has used it for a while, it is asked
// whether it computes for somebody who cannot say so.

#include <string>

#include "core/launch/launcher.h"
#include "core/workers/terminations.h"

namespace cb::core {

class Probes {
 public:
  Probes(Step& step, WorkerPool& workers, LeaseTable& leases, Terminations& terminations,
         Launcher& launcher)
      : step_(step),
        workers_(workers),
        leases_(leases),
        terminations_(terminations),
        launcher_(launcher) {}

  // EC2 shows `worker` running with an address, or the broker has restarted: begins to probe it,
  // or takes EC2's word where the pool has no ready check.
  void start(const Worker& worker);
  // Its address will be another one: who answers there has to show that it is ready.
  void moved(const Worker& worker);
  void probed(const Probed& answer);

  // Whether its pool has a ready check at all.
  bool looks_at(const Worker& worker) const { return worker.serving().ready != ReadyCheck::kNone; }

  void probe_due(const InstanceId& id);
  void question_due(const InstanceId& id);
  void boot_due(const InstanceId& id);  // not ready within launch_timeout
  // No connection for unreachable_timeout: ended, unless a PING holds it.
  void unreachable_due(const InstanceId& id);
  void idle_due(const InstanceId& id);
  void lease_due(LeaseId id);  // nobody has named it in time: ended, unless its worker is busy
  void lifetime_due(const InstanceId& id);

 private:
  bool answers_questions(const Worker& worker) const;
  Duration interval(const Worker& worker) const;
  void try_port(const Worker& worker);
  void ask(const Worker& worker);
  void ask_again(const Worker& worker, Duration after);
  void port_tried(const Worker& worker, ProbeOutcome outcome);
  void asked(const Worker& worker);
  void answered(const Worker& worker, ProbeOutcome outcome);
  void proves(const Worker& worker, bool prompt);
  void used_or_quiet(const Worker& worker, ProbeOutcome outcome, bool prompt);
  void now_ready(const Worker& worker);
  void alive(const Worker& worker);
  void back(const Worker& worker);
  void not_alive(const Worker& worker, ProbeOutcome outcome);
  void suspected(const Worker& worker, ProbeOutcome outcome);
  void proven(const Worker& worker);
  void out_of_reach(const Worker& worker, bool is);
  void watch(const Worker& worker);
  bool must_wait(const Worker& worker);
  static bool may_compute_unseen(const Worker& worker);
  std::optional<Duration> computes_perhaps(const Worker& worker, Instant since);
  bool not_judged_yet(const Worker& worker) const;
  void found_busy(const Worker& worker);
  void never_ready(const Worker& worker);

  Step& step_;
  WorkerPool& workers_;
  LeaseTable& leases_;
  Terminations& terminations_;
  Launcher& launcher_;
};

}  // namespace cb::core
