#include "core/probes.h"

#include <algorithm>

#include "base/text.h"
#include "core/planted.h"

namespace cb::core {
namespace {

bool rising(const Worker& worker) {
  return worker.record.phase == WorkerPhase::kBooting ||
         worker.record.phase == WorkerPhase::kAdopting;
}

Timer timer(TimerKind kind, const Worker& worker) {
  return {kind, worker.record.id.value};
}

}  // namespace

const PoolSettings& Probes::settings_of(const Worker& worker) const {
  const PoolSettings* const pool = desk_.pool(worker.record.pool);
  // Its pool is configured no longer: it is still looked after, by the usual rules.
  return pool != nullptr ? *pool : desk_.settings.pools.begin()->second;
}

void Probes::start(Worker& worker) {
  if (worker.record.phase == WorkerPhase::kTerminating || worker.left_alone) return;
  if (settings_of(worker).ready == ReadyCheck::kNone || planted(Bug::kReadyWithoutProbe)) {
    worker.proven = true;
    if (rising(worker)) {
      now_ready(worker);
    } else {
      workers_.changed(worker, false);
    }
    return;
  }
  if (!desk_.agenda.armed(timer(TimerKind::kWorkerProbe, worker))) {
    probe_due(worker.record.id);
  }
}

void Probes::probe_due(const InstanceId& id) {
  Worker* const worker = workers_.find(id);
  if (worker == nullptr || worker->record.phase == WorkerPhase::kTerminating) return;
  const PoolSettings& pool = settings_of(*worker);
  if (pool.ready == ReadyCheck::kNone || worker->record.address.empty()) return;
  const bool in_use = !rising(*worker);
  desk_.agenda.arm(
      timer(TimerKind::kWorkerProbe, *worker),
      desk_.now.boot + (in_use ? desk_.settings.alive_interval : desk_.settings.probe_interval));
  const std::size_t most = in_use ? 1 : desk_.settings.boot_probes_max;
  if (worker->probes_in_flight >= most) return;
  const bool ask = !in_use && pool.ready == ReadyCheck::kDserv;
  send(*worker, ask ? ProbeKind::kDserv : ProbeKind::kTcp);
}

void Probes::send(Worker& worker, ProbeKind kind) {
  ++worker.probes_in_flight;
  const bool in_use = !rising(worker);
  desk_.act(ProbeWorker{.probe = {desk_.fresh_id()},
                        .worker = worker.record.id,
                        .address = worker.record.address,
                        .port = settings_of(worker).worker_port,
                        .kind = kind,
                        .connect_limit = in_use ? desk_.settings.alive_connect_limit
                                                : desk_.settings.probe_connect_limit,
                        .answer_limit = desk_.settings.probe_answer_limit});
}

void Probes::probed(const Probed& answer) {
  Worker* const worker = workers_.find(answer.worker);
  if (worker == nullptr) return;
  if (worker->probes_in_flight != 0) --worker->probes_in_flight;
  if (worker->record.phase == WorkerPhase::kTerminating) return;
  const bool answered = answer.outcome == ProbeOutcome::kReady;
  if (rising(*worker)) {
    const bool enough = answered || (answer.outcome == ProbeOutcome::kAccepted &&
                                     settings_of(*worker).ready == ReadyCheck::kTcp);
    if (enough && worker->state == InstanceState::kRunning) now_ready(*worker);
    return;
  }
  const bool accepted = answered || answer.outcome == ProbeOutcome::kAccepted ||
                        answer.outcome == ProbeOutcome::kSilent ||
                        answer.outcome == ProbeOutcome::kWrong;
  if (accepted) {
    alive(*worker);
  } else {
    not_alive(*worker, answer.outcome);
  }
}

void Probes::now_ready(Worker& worker) {
  WorkerRecord& record = worker.record;
  const bool launched = record.phase == WorkerPhase::kBooting;
  desk_.agenda.cancel(timer(TimerKind::kWorkerBoot, worker));
  worker.proven = worker.confirmed = true;
  record.phase = WorkerPhase::kReady;
  if (launched) {
    // One that was found long after its launch did not boot for all that time.
    record.boot = std::min(desk_.now.boot - record.begun, settings_of(worker).launch_timeout);
    record.last_used = desk_.now.boot;
  }
  if (!worker.ours) {
    adopted(worker);
  } else {
    workers_.changed(worker);
  }
  desk_.agenda.arm(timer(TimerKind::kWorkerIdle, worker), workers_.idle_deadline(worker));
  desk_.log(LogLevel::kInfo, "worker.ready",
            launched ? str("worker ", record.id.value, " at ", record.address, " is ready, ",
                           to_string(desk_.now.boot - record.begun), " after its launch")
                     : str("worker ", record.id.value, " at ", record.address,
                           " was not in the journal, answers, and is adopted into pool ",
                           record.pool.value));
  if (launched) launcher_.boot_succeeded(worker);
  if (settings_of(worker).ready != ReadyCheck::kNone) {
    desk_.agenda.arm(timer(TimerKind::kWorkerProbe, worker),
                     desk_.now.boot + desk_.settings.alive_interval);
  }
}

void Probes::adopted(Worker& worker) {
  worker.ours = true;
  workers_.changed(worker);
  desk_.agenda.arm(timer(TimerKind::kWorkerLifetime, worker),
                   worker.record.begun + desk_.settings.max_lifetime);
  desk_.save(workers_.ledger_line(worker));
}

void Probes::alive(Worker& worker) {
  worker.failures = 0;
  worker.unreachable_since.reset();
  desk_.agenda.cancel(timer(TimerKind::kWorkerUnreachable, worker));
  if (worker.proven && !worker.suspect) return;
  if (worker.suspect) {
    desk_.log(LogLevel::kInfo, "worker.back",
              str("worker ", worker.record.id.value, " accepts connections again"));
  }
  worker.suspect = false;
  worker.proven = true;
  workers_.changed(worker, false);
}

void Probes::not_alive(Worker& worker, ProbeOutcome outcome) {
  if (!worker.unreachable_since) {
    worker.unreachable_since = desk_.now.boot;
    desk_.agenda.arm(timer(TimerKind::kWorkerUnreachable, worker),
                     desk_.now.boot + desk_.settings.unreachable_timeout);
  }
  const bool at_once = planted(Bug::kOneLostProbeIsDeath) && worker.failures == 0;
  if (++worker.failures != desk_.settings.alive_failures_max && !at_once) return;
  worker.suspect = true;
  workers_.changed(worker, false);
  desk_.want_listing = true;
  desk_.log(LogLevel::kWarning, "worker.suspect",
            str("worker ", worker.record.id.value, " at ", worker.record.address, " is ",
                to_string(outcome), ", ", worker.failures,
                " times in a row: not handed out until it accepts again; asking EC2"));
}

void Probes::unreachable_due(const InstanceId& id) {
  Worker* const worker = workers_.find(id);
  if (worker == nullptr || !worker->unreachable_since) return;
  // Whoever pings it computes there, though we cannot reach it: ours is not the only way to it.
  const Instant held_until = worker->pinged.value_or(Instant::min()) + workers_.idle_limit(*worker);
  if (worker->pinged && desk_.now.boot < held_until && !planted(Bug::kUnreachableEndsPinged)) {
    desk_.agenda.arm(timer(TimerKind::kWorkerUnreachable, *worker), held_until);
    return;
  }
  endings_.end(*worker,
               str("unreachable for ", to_string(desk_.now.boot - *worker->unreachable_since),
                   " (limit ", to_string(desk_.settings.unreachable_timeout), ")"),
               LogLevel::kWarning);
}

void Probes::boot_due(const InstanceId& id) {
  Worker* const worker = workers_.find(id);
  if (worker == nullptr || !rising(*worker)) return;
  if (!worker->ours) {
    desk_.log(LogLevel::kWarning, "worker.left_alone",
              str("instance ", id.value, " carries Name=", kNameTagValue,
                  " and does not answer: left alone; end it yourself if it is yours"));
    worker->left_alone = true;
    desk_.agenda.cancel(timer(TimerKind::kWorkerProbe, *worker));
    return;
  }
  const std::string why =
      str("not ready within ", to_string(desk_.now.boot - worker->record.begun),
          worker->state == InstanceState::kPending ? " (EC2 still shows it pending)"
          : worker->record.address.empty()         ? " (it has no address)"
                                                   : " (its service did not answer)");
  const bool launched = worker->record.phase == WorkerPhase::kBooting;
  endings_.end(*worker, why, LogLevel::kWarning);
  if (launched) {
    launcher_.boot_failed(*worker, {FailureClass::kUnexpected, "not ready", why});
  }
}

void Probes::idle_due(const InstanceId& id) {
  Worker* const worker = workers_.find(id);
  if (worker == nullptr || worker->record.phase != WorkerPhase::kReady) return;
  const Instant deadline =
      workers_.idle_deadline(*worker) -
      (planted(Bug::kIdleEndsEarly) ? desk_.settings.idle_save_interval : Duration{0});
  if (desk_.now.boot < deadline && !planted(Bug::kTwoTimers)) {
    desk_.agenda.arm(timer(TimerKind::kWorkerIdle, *worker), deadline);
    return;
  }
  const auto idle = std::chrono::floor<seconds>(desk_.now.boot - worker->record.last_used);
  const auto limit = std::chrono::floor<seconds>(workers_.idle_limit(*worker));
  endings_.end(*worker, str("idle ", idle.count(), " s (limit ", limit.count(), " s)"));
}

void Probes::lifetime_due(const InstanceId& id) {
  Worker* const worker = workers_.find(id);
  if (worker == nullptr || planted(Bug::kMaxLifetimeIgnored)) return;
  endings_.end(*worker,
               str("has reached max_lifetime (", to_string(desk_.settings.max_lifetime), ")"),
               LogLevel::kWarning);
}

}  // namespace cb::core
