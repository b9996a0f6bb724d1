#include "core/watch/probes.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace cb::core {
namespace {

TimerName timer(TimerKind kind, const Worker& worker) {
  return {kind, worker.record.id.value};
}

bool shows_life(ProbeOutcome outcome) {
  return outcome == ProbeOutcome::kReady || outcome == ProbeOutcome::kAccepted ||
         outcome == ProbeOutcome::kAsked || outcome == ProbeOutcome::kWrong;
}

// Closed at once: clients have all its places. Closed after a silence says nothing.
bool places_taken(ProbeOutcome outcome, bool prompt) {
  return outcome == ProbeOutcome::kAccepted && prompt;
}

bool shows_death(ProbeOutcome outcome) {
  return outcome == ProbeOutcome::kRefused || outcome == ProbeOutcome::kUnreachable;
}

}  // namespace

bool Probes::answers_questions(const Worker& worker) const {
  return worker.serving().ready == ReadyCheck::kDserv;
}

Duration Probes::interval(const Worker& worker) const {
  return worker.rising() ? step_.settings.probe_interval : step_.settings.alive_interval;
}

void Probes::start(const Worker& worker) {
  if (worker.record.phase == WorkerPhase::kTerminating || worker.left_alone) return;
  if (worker.serving().ready == ReadyCheck::kNone) {
    return worker.rising() ? now_ready(worker) : proven(worker);
  }
  if (!step_.timers.armed(timer(TimerKind::kWorkerProbe, worker))) probe_due(worker.record.id);
}

void Probes::moved(const Worker& worker) {
  workers_.hang_up(worker);
  const bool served = worker.record.phase == WorkerPhase::kReady && !worker.record.address.empty();
  if (served && looks_at(worker) && !worker.suspect()) {
    workers_.become_suspect(worker, step_.now.boot, Save::kLater);
  }
}

void Probes::proven(const Worker& worker) {
  workers_.update(
      worker, [](Worker& mine) { mine.proven = true; }, Save::kLater);
}

void Probes::probe_due(const InstanceId& id) {
  const Worker* const worker = workers_.find(id);
  if (worker == nullptr || worker->record.phase == WorkerPhase::kTerminating) return;
  const ReadyCheck check = worker->serving().ready;
  if (check == ReadyCheck::kNone || worker->record.address.empty()) return;
  // The answer to the question that is open brings the next one.
  if (worker->rising() && check == ReadyCheck::kDserv) return ask(*worker);
  step_.timers.arm(timer(TimerKind::kWorkerProbe, *worker), step_.now.boot + interval(*worker));
  if (worker->suspect() && check == ReadyCheck::kDserv) ask(*worker);
  try_port(*worker);
}

void Probes::try_port(const Worker& worker) {
  const std::size_t most = worker.rising() ? step_.settings.boot_probes_max : 1;
  if (worker.probes_in_flight >= most) return;
  ++worker.probes_in_flight;
  step_.act(ProbeWorker{.probe = {step_.fresh_id()},
                        .worker = worker.record.id,
                        .address = worker.record.address,
                        .port = worker.serving().worker_port,
                        .kind = ProbeKind::kTcp,
                        .connect_limit = worker.rising() ? step_.settings.probe_connect_limit
                                                         : step_.settings.alive_connect_limit});
}

// One at a time: an abandoned one keeps its place among the service's few until it is answered.
void Probes::ask(const Worker& worker) {
  if (worker.question) return;
  if (worker.first_answer) {
    const Duration passed = step_.now.boot - *worker.first_answer;
    if (passed < step_.settings.ready_gap) {
      return ask_again(worker, step_.settings.ready_gap - passed);
    }
  }
  worker.question = Worker::Question{.probe = {step_.fresh_id()}, .asked = {}};
  worker.connected = true;
  step_.act(ProbeWorker{.probe = worker.question->probe,
                        .worker = worker.record.id,
                        .address = worker.record.address,
                        .port = worker.serving().worker_port,
                        .kind = ProbeKind::kDserv,
                        .connect_limit = worker.rising() ? step_.settings.probe_connect_limit
                                                         : step_.settings.alive_connect_limit,
                        .keep_alive = step_.settings.question_keep_alive,
                        .keep_alive_max = step_.settings.question_keep_alive_max});
}

void Probes::ask_again(const Worker& worker, Duration after) {
  const bool proving = worker.rising() || worker.suspect();
  step_.timers.arm_by(timer(proving ? TimerKind::kWorkerProbe : TimerKind::kWorkerQuestion, worker),
                      step_.now.boot + after);
}

// Nobody has used it for half of its idle time: whoever waits for its answer cannot ping.
void Probes::question_due(const InstanceId& id) {
  const Worker* const worker = workers_.find(id);
  if (worker == nullptr || worker->record.phase != WorkerPhase::kReady) return;
  if (worker->suspect() || worker->record.address.empty() || !answers_questions(*worker)) return;
  const Instant half = worker->record.last_used + workers_.idle_limit(*worker) / 2;
  if (step_.now.boot < half) {
    step_.timers.arm(timer(TimerKind::kWorkerQuestion, *worker), half);
  } else {
    ask(*worker);
  }
}

void Probes::probed(const Probed& answer) {
  const Worker* const worker = workers_.find(answer.worker);
  if (worker == nullptr) return;
  if (answer.kind == ProbeKind::kTcp) {
    if (worker->probes_in_flight != 0) --worker->probes_in_flight;
    if (worker->record.phase != WorkerPhase::kTerminating) port_tried(*worker, answer.outcome);
    return;
  }
  // The answer to a question that was given up says nothing.
  if (!worker->question || worker->question->probe != answer.probe) return;
  if (answer.outcome == ProbeOutcome::kAsked) return asked(*worker);
  answered(*worker, answer.outcome);
}

void Probes::port_tried(const Worker& worker, ProbeOutcome outcome) {
  if (worker.rising()) {
    const bool enough = worker.serving().ready == ReadyCheck::kTcp;
    const bool runs = worker.state == InstanceState::kRunning;
    if (enough && runs && shows_life(outcome)) now_ready(worker);
  } else if (shows_life(outcome)) {
    alive(worker);
  } else if (shows_death(outcome)) {
    not_alive(worker, outcome);
  }
}

void Probes::asked(const Worker& worker) {
  worker.question->asked = step_.now.boot;
  if (!worker.rising()) return alive(worker);
  if (worker.record.phase != WorkerPhase::kAdopting) return;
  // What accepts is worth waiting for, as long as a boot may take.
  const Instant until =
      std::max(worker.coming_until, worker.record.begun + worker.serving().launch_timeout);
  if (until == worker.coming_until) return;
  workers_.update(
      worker, [&](Worker& mine) { mine.coming_until = until; }, Save::kLater);
  step_.timers.arm(timer(TimerKind::kWorkerAwaited, worker), until);
}

void Probes::answered(const Worker& worker, ProbeOutcome outcome) {
  const Worker::Question question = *std::exchange(worker.question, std::nullopt);
  const bool right = outcome == ProbeOutcome::kReady;
  const bool prompt =
      !question.asked || step_.now.boot - *question.asked <= step_.settings.probe_answer_limit;
  if (!right) worker.connected = false;
  const bool gone = worker.rising() && shows_death(outcome);
  if (right || outcome == ProbeOutcome::kWrong || gone) worker.lost_in_a_row = 0;
  // Closed after a silence is no word of the service either. A machine out of reach loses them all.
  const bool lost =
      outcome == ProbeOutcome::kLost || (outcome == ProbeOutcome::kAccepted && !prompt);
  if (lost && !worker.unreachable_since) ++worker.lost_in_a_row;
  const bool proving = worker.rising() || worker.suspect();
  if (!worker.rising()) {
    if (shows_life(outcome)) alive(worker);
    if (shows_death(outcome)) not_alive(worker, outcome);
    // Somebody had it computing until now.
    if (right && !prompt) {
      worker.busy_until = step_.now.boot;
      workers_.touch(worker);
    }
  }
  if (!proving) {
    used_or_quiet(worker, outcome, prompt);
  } else if (right) {
    proves(worker, prompt);
  } else {
    // Whoever answers next may be another process, which has to begin anew.
    worker.first_answer.reset();
    if (worker.suspect() && places_taken(outcome, prompt)) workers_.touch(worker);
    // What was lost after a silence was asked of one that computes perhaps.
    ask_again(worker, lost && !prompt ? Duration{0} : interval(worker));
  }
  const bool decided = worker.suspect() || worker.quiet_at == step_.now.boot;
  const bool ready = worker.record.phase == WorkerPhase::kReady;
  if (ready && decided && workers_.idle_deadline(worker) <= step_.now.boot) {
    idle_due(worker.record.id);
  }
}

// Ready is a question that is answered promptly, asked some time after an earlier right answer: the
// first may have come from a service that has not begun to boot.
void Probes::proves(const Worker& worker, bool prompt) {
  const bool runs = worker.state == InstanceState::kRunning || !worker.rising();
  if (!worker.first_answer) {
    worker.first_answer = step_.now.boot;
    ask_again(worker, step_.settings.ready_gap);
  } else if (!prompt) {
    ask(worker);  // it has booted meanwhile; the gap is behind it
  } else if (!runs) {
    ask_again(worker, interval(worker));
  } else {
    workers_.hang_up(worker);
    if (worker.rising()) {
      now_ready(worker);
    } else {
      back(worker);
    }
  }
}

void Probes::used_or_quiet(const Worker& worker, ProbeOutcome outcome, bool prompt) {
  Duration again = step_.settings.quiet_interval;
  switch (outcome) {
    case ProbeOutcome::kReady:
    case ProbeOutcome::kWrong:
      worker.quiet_at = step_.now.boot;
      workers_.hang_up(worker);  // its place may be wanted
      break;
    case ProbeOutcome::kAccepted:
      if (places_taken(outcome, prompt)) {
        workers_.touch(worker);
        break;
      }
      [[fallthrough]];
    case ProbeOutcome::kLost:
      again = Duration{0};
      break;
    default:
      again = step_.settings.alive_interval;
  }
  if (!worker.suspect()) ask_again(worker, again);
}

void Probes::now_ready(const Worker& worker) {
  const WorkerRecord& record = worker.record;
  const bool launched = record.phase == WorkerPhase::kBooting;
  const bool new_to_us = !worker.ours;
  step_.timers.cancel(timer(TimerKind::kWorkerBoot, worker));
  workers_.become_ready(worker);
  if (new_to_us) {
    step_.timers.arm(timer(TimerKind::kWorkerLifetime, worker),
                     record.begun + step_.settings.max_lifetime);
    step_.save(workers_.ledger_line(worker));
  }
  const bool busy = workers_.silent(worker);
  step_.log(
      LogLevel::kInfo, "worker.ready", about(record),
      launched
          ? str("worker ", record.id.value, " at ", record.address, " is ready, ",
                to_string(step_.now.boot - record.begun), " after its launch")
          : str("worker ", record.id.value, " at ", record.address, " was not in the journal, ",
                busy ? "accepts connections and is silent: it is taken for busy" : "answers",
                ", and is adopted into pool ", record.pool.value));
  if (launched) launcher_.boot_succeeded(worker);
  watch(worker);
}

// The clocks of a worker that is ready.
void Probes::watch(const Worker& worker) {
  step_.timers.arm(timer(TimerKind::kWorkerIdle, worker), workers_.idle_deadline(worker));
  if (worker.serving().ready == ReadyCheck::kNone) return;
  step_.timers.arm(timer(TimerKind::kWorkerProbe, worker),
                   step_.now.boot + step_.settings.alive_interval);
  step_.timers.arm(timer(TimerKind::kWorkerQuestion, worker),
                   worker.record.last_used + workers_.idle_limit(worker) / 2);
}

// Its port accepts; whether its service answers is another question.
void Probes::alive(const Worker& worker) {
  worker.failures = 0;
  if (worker.unreachable_since) {
    worker.unreachable_since.reset();
    step_.timers.cancel(timer(TimerKind::kWorkerUnreachable, worker));
  }
  out_of_reach(worker, false);
  if (worker.suspect()) {
    if (!answers_questions(worker)) back(worker);
  } else if (!worker.proven) {
    proven(worker);
  }
}

void Probes::out_of_reach(const Worker& worker, bool is) {
  if (worker.out_of_reach == is) return;
  workers_.update(
      worker, [&](Worker& mine) { mine.out_of_reach = is; }, Save::kLater);
}

void Probes::back(const Worker& worker) {
  workers_.become_ready(worker);
  watch(worker);
  step_.log(LogLevel::kInfo, "worker.back", about(worker.record),
            str("worker ", worker.record.id.value, " at ", worker.record.address,
                answers_questions(worker) ? " answers again" : " accepts connections again"));
}

void Probes::not_alive(const Worker& worker, ProbeOutcome outcome) {
  out_of_reach(worker, outcome == ProbeOutcome::kUnreachable);
  if (!worker.unreachable_since) {
    worker.unreachable_since = step_.now.boot;
    step_.timers.arm(timer(TimerKind::kWorkerUnreachable, worker),
                     step_.now.boot + step_.settings.unreachable_timeout);
  }
  if (++worker.failures < step_.settings.alive_failures_max) return;
  if (!worker.suspect()) suspected(worker, outcome);
}

void Probes::suspected(const Worker& worker, ProbeOutcome outcome) {
  workers_.become_suspect(worker, *worker.unreachable_since, Save::kNow);
  step_.cloud(worker.record.region).want_listing = true;
  step_.log(
      LogLevel::kWarning, "worker.suspect", about(worker.record),
      str("worker ", worker.record.id.value, " at ", worker.record.address, " is ",
          to_string(outcome), ", ", worker.failures, " times in a row: not handed out until it ",
          answers_questions(worker) ? "answers" : "accepts", " again; asking EC2"));
}

}  // namespace cb::core
