// What Probes does when a worker's time is up: to boot, to be reached, to be used, to live.

#include <algorithm>

#include "base/text.h"
#include "core/watch/probes.h"

namespace cb::core {

void Probes::unreachable_due(const InstanceId& id) {
  const Worker* const worker = workers_.find(id);
  if (worker == nullptr || !worker->unreachable_since) return;
  // Whoever pings it computes there, though we cannot reach it: ours is not the only way to it.
  const Instant held_until = worker->pinged.value_or(Instant::min()) + workers_.idle_limit(*worker);
  if (worker->pinged && step_.now.boot < held_until) {
    step_.timers.arm({TimerKind::kWorkerUnreachable, id.value}, held_until);
    return;
  }
  terminations_.end(*worker,
                    str("unreachable for ", to_string(step_.now.boot - *worker->unreachable_since),
                        " (limit ", to_string(step_.settings.unreachable_timeout), ")"),
                    LogLevel::kWarning);
}

void Probes::boot_due(const InstanceId& id) {
  const Worker* const worker = workers_.find(id);
  if (worker == nullptr || !worker->rising()) return;
  // Longer than any boot it has accepted and not answered: it computes for somebody.
  const bool found = worker->record.phase == WorkerPhase::kAdopting;
  if (found && workers_.busy(*worker)) return found_busy(*worker);
  if (found && not_judged_yet(*worker)) {
    return step_.timers.arm({TimerKind::kWorkerBoot, id.value},
                            step_.now.boot + step_.settings.probe_answer_limit);
  }
  if (worker->ours) return never_ready(*worker);
  step_.log(LogLevel::kWarning, "worker.left_alone", about(worker->record),
            str("instance ", id.value, " carries Name=", kNameTagValue,
                " and does not answer: left alone; end it yourself if it is yours"));
  worker->left_alone = true;
  workers_.hang_up(*worker);
  step_.timers.cancel({TimerKind::kWorkerProbe, id.value});
}

// Whether it computes is known when it has had time to answer; where its connection was lost, it is
// asked anew first, and whoever has answered once is asked for the second time. What cannot be
// reached is not waited for.
bool Probes::not_judged_yet(const Worker& worker) const {
  const Settings& settings = step_.settings;
  if (!worker.question) {
    return worker.first_answer &&
           step_.now.boot - *worker.first_answer < settings.ready_gap + settings.probe_answer_limit;
  }
  return !workers_.silent(worker) &&
         (worker.question->asked ? worker.lost_in_a_row < 2 : worker.lost_in_a_row == 1);
}

// One without our tag is not ours before it has answered: it is asked on.
void Probes::found_busy(const Worker& worker) {
  if (worker.ours) return now_ready(worker);
  step_.timers.arm({TimerKind::kWorkerBoot, worker.record.id.value},
                   step_.now.boot + worker.serving().launch_timeout);
}

void Probes::never_ready(const Worker& worker) {
  const std::string why =
      str("not ready within ", to_string(step_.now.boot - worker.record.begun),
          worker.state == InstanceState::kPending ? " (EC2 still shows it pending)"
          : worker.record.address.empty()         ? " (it has no address)"
                                                  : " (its service did not answer)");
  const bool launched = worker.record.phase == WorkerPhase::kBooting;
  terminations_.end(worker, why, LogLevel::kWarning);
  if (launched) {
    launcher_.boot_failed(worker, {FailureClass::kUnexpected, "not ready", why});
  }
}

void Probes::idle_due(const InstanceId& id) {
  const Worker* const worker = workers_.find(id);
  if (worker == nullptr || worker->record.phase != WorkerPhase::kReady) return;
  const Instant deadline = step_.heard_at(workers_.idle_deadline(*worker));
  if (step_.now.boot < deadline) {
    step_.timers.arm({TimerKind::kWorkerIdle, id.value}, deadline);
    return;
  }
  if (launcher_.held_for_a_count(*worker)) {
    workers_.touch(*worker);
    step_.timers.arm({TimerKind::kWorkerIdle, id.value}, workers_.idle_deadline(*worker));
    return;
  }
  if (launcher_.keeps_warm(*worker)) {
    launcher_.kept_idle(*worker);
    step_.timers.arm({TimerKind::kWorkerIdle, id.value},
                     step_.now.boot + step_.settings.quiet_interval);
    return;
  }
  if (must_wait(*worker)) return;
  const auto idle = std::chrono::floor<seconds>(step_.now.boot - worker->record.last_used);
  const auto limit = std::chrono::floor<seconds>(workers_.idle_limit(*worker));
  terminations_.end(*worker, str("idle ", idle.count(), " s (limit ", limit.count(), " s)"));
}

// The service of a suspect is gone, or boots anew: nothing computes there. What cannot be reached
// may compute all the same, and unreachable_timeout is its limit; so may one whose connection was
// lost once.
bool Probes::may_compute_unseen(const Worker& worker) {
  return worker.lost_in_a_row == 1 || (worker.out_of_reach && worker.unreachable_since);
}

// Nobody has used it for its idle time, as far as anybody said: that it does not compute for one
// who cannot say so is what its own answer of this very moment tells. The answer leads back to
// idle_due.
bool Probes::must_wait(const Worker& worker) {
  if (!answers_questions(worker) || worker.record.address.empty()) return false;
  const TimerName idle{TimerKind::kWorkerIdle, worker.record.id.value};
  if (worker.question) {
    const Instant sure =
        worker.question->asked.value_or(step_.now.boot) + step_.settings.probe_answer_limit;
    if (step_.now.boot >= sure && !workers_.busy(worker)) return false;  // its connection is lost
    step_.timers.arm(idle,
                     step_.now.boot < sure ? sure : step_.now.boot + step_.settings.quiet_interval);
    return true;
  }
  if (worker.quiet_at == step_.now.boot) return false;
  if (worker.suspect() && !may_compute_unseen(worker)) return false;
  step_.timers.arm(idle, step_.now.boot + step_.settings.quiet_interval);
  if (worker.failures == 0) question_due(worker.record.id);
  return true;
}

void Probes::lease_due(LeaseId id) {
  const Lease* const lease = leases_.find(id);
  if (lease == nullptr) return;
  const Timer timer{TimerKind::kLease, to_text(id)};
  const Instant deadline = step_.heard_at(leases_.deadline(*lease));
  if (step_.now.boot < deadline) return step_.timers.arm(timer, deadline);
  if (const auto wait = computes_perhaps(*lease->worker, deadline)) {
    return step_.timers.arm(timer, step_.now.boot + *wait);
  }
  const Settings& settings = step_.settings;
  leases_.end(*lease, lease->lost ? str("ends: its connection is lost for ",
                                        to_string(settings.lease_grace), " and longer")
                                  : str("ends: its client has said nothing for ",
                                        to_string(settings.lease_ttl), " and longer"));
}

// Its own answer tells, when it came at once and not before `since`. Unset: it computes for nobody;
// else when to look again.
std::optional<Duration> Probes::computes_perhaps(const Worker& worker, Instant since) {
  if (!answers_questions(worker) || worker.record.address.empty()) return {};
  if (workers_.busy(worker)) return step_.settings.quiet_interval;
  if (workers_.silent(worker) || (worker.quiet_at && *worker.quiet_at >= since)) return {};
  if (worker.suspect() && !may_compute_unseen(worker)) return {};
  if (worker.failures != 0) return step_.settings.alive_interval;
  ask(worker);
  return step_.settings.probe_answer_limit;
}

void Probes::lifetime_due(const InstanceId& id) {
  const Worker* const worker = workers_.find(id);
  if (worker == nullptr) return;
  terminations_.end(*worker,
                    str("has reached max_lifetime (", to_string(step_.settings.max_lifetime), ")"),
                    LogLevel::kWarning);
}

}  // namespace cb::core
