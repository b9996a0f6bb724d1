#include "core/workers/terminations.h"

#include <algorithm>

#include "base/back_off.h"
#include "base/text.h"
#include "core/advice/cloud_advice.h"
#include "core/advice/cloud_error.h"

namespace cb::core {
namespace {

constexpr TimerKind kTimersOfALife[] = {TimerKind::kWorkerIdle,        TimerKind::kWorkerBoot,
                                        TimerKind::kWorkerProbe,       TimerKind::kWorkerQuestion,
                                        TimerKind::kWorkerUnreachable, TimerKind::kWorkerLifetime,
                                        TimerKind::kWorkerAwaited};

}  // namespace

void Terminations::mark(const Worker& worker, const std::string& reason) {
  for (const TimerKind kind : kTimersOfALife) step_.timers.cancel({kind, worker.record.id.value});
  leases_.worker_ended(worker, reason);
  workers_.become_terminating(worker, reason);
}

void Terminations::end(const Worker& worker, const std::string& reason, LogLevel level) {
  if (!worker.ours || worker.record.phase == WorkerPhase::kTerminating) return;
  mark(worker, reason);
  step_.log(level, "worker.end", about(worker.record),
            str("worker ", worker.record.id.value, " ", reason, ": terminating"));
  ask(worker, step_.settings.terminate_repeat);
}

void Terminations::end_unfit(const Worker& worker) {
  const WorkerRecord& record = worker.record;
  const bool unused = record.phase == WorkerPhase::kBooting ||
                      (record.phase == WorkerPhase::kReady && !worker.perhaps_used);
  if (!unused || workers_.configured(record)) return;
  end(worker, str("was launched for what is configured no more (pool ", record.pool.value, ", ",
                  record.type, ", image ", record.asked_image, ") and never handed out"));
}

void Terminations::ends_by_itself(const Worker& worker, const std::string& reason) {
  if (worker.record.phase == WorkerPhase::kTerminating) return;
  mark(worker, reason);
  step_.log(LogLevel::kWarning, "worker.ended", about(worker.record),
            str("worker ", worker.record.id.value, " ", reason, ": no longer handed out"));
  // EC2 may take its end back; the broker does not, and asks for it then.
  step_.timers.arm({TimerKind::kWorkerTerminate, worker.record.id.value},
                   step_.now.boot + step_.settings.terminate_repeat);
}

void Terminations::ask(const Worker& worker, Duration again_after) {
  const std::string& id = worker.record.id.value;
  step_.timers.arm({TimerKind::kWorkerTerminate, id}, step_.now.boot + again_after);
  CloudState& cloud = step_.cloud(worker.record.region);
  if (step_.cloud_open) {
    auto& call = worker.refusal_told.empty() ? cloud.to_terminate : cloud.refused_once;
    if (std::find(call.begin(), call.end(), worker.record.id) == call.end()) {
      call.push_back(worker.record.id);
    }
  }
  cloud.want_listing = true;
}

void Terminations::repeat(const InstanceId& id) {
  const Worker* const worker = ending(id);
  if (worker == nullptr) return;
  step_.log(LogLevel::kInfo, "worker.end_again", about(worker->record),
            str("worker ", id.value, " ", worker->record.end_reason,
                ": EC2 has not ended it yet, asking again"));
  ask(*worker, step_.settings.terminate_repeat);
}

void Terminations::ask_for_all() {
  for (const InstanceId& id : workers_.ids()) {
    const Worker& worker = *workers_.find(id);
    if (worker.record.phase == WorkerPhase::kTerminating) {
      ask(worker, step_.settings.terminate_repeat);
    }
  }
}

void Terminations::ask_anew(const Worker& worker) {
  if (!worker.end_refusal) return;
  worker.end_refusal.reset();
  ask(worker, step_.settings.terminate_repeat);
}

const Worker* Terminations::ending(const InstanceId& id) {
  const Worker* const worker = workers_.find(id);
  if (worker == nullptr || worker->record.phase != WorkerPhase::kTerminating) return nullptr;
  return worker;
}

void Terminations::answered(const TerminateAnswered& answer) {
  if (const auto* failure = std::get_if<CloudFailure>(&answer.result)) {
    failed(answer.asked, *failure);
    return;
  }
  const auto& result = std::get<TerminateAccepted>(answer.result);
  for (const TerminatedNow& now : result.instances) accepted(now);
  for (const InstanceId& id : result.not_found) {
    // Too young to be seen, or gone for long: a listing and a question by id will tell.
    const std::string text =
        str("worker ", id.value, " is unknown to TerminateInstances: looking it up");
    if (workers_.find(id) != nullptr)
      step_.log(LogLevel::kInfo, "worker.end_not_found", about(id), text);
  }
  std::vector<InstanceId> not_got_to;
  for (const InstanceRefused& one : result.refused) {
    if (concerns_the_call(one.why)) {
      not_got_to.push_back(one.id);
    } else {
      refused(one);
    }
  }
  if (!not_got_to.empty()) failed(not_got_to, result.refused.back().why);
  // Of some of them nothing may be left here that says in which region they were.
  for (auto& [region, cloud] : step_.clouds) cloud.want_listing = true;
}

void Terminations::accepted(const TerminatedNow& now) {
  const Worker* const worker = ending(now.id);
  if (worker == nullptr) return;
  worker->terminate_failures = 0;
  worker->end_refusal.reset();
  if (!worker->refusal_told.empty()) {
    worker->refusal_told.clear();
    step_.log(LogLevel::kInfo, "worker.end_accepted", about(worker->record),
              str("EC2 no longer refuses to end worker ", now.id.value));
  }
  const bool ends =
      now.state == InstanceState::kShuttingDown || now.state == InstanceState::kTerminated;
  if (ends && !worker->seen_ended) worker->seen_ended = step_.now.wall;
  workers_.update(
      *worker, [&](Worker& mine) { mine.end_confirmed = ends; }, Save::kLater);
}

Duration Terminations::ask_later(const Worker& worker) {
  const Duration delay = back_off(step_.settings.retry_delay_min, step_.settings.terminate_repeat,
                                  worker.terminate_failures++);
  step_.timers.arm_by({TimerKind::kWorkerTerminate, worker.record.id.value},
                      step_.now.boot + delay);
  return delay;
}

void Terminations::failed(const std::vector<InstanceId>& asked, const CloudFailure& failure) {
  std::vector<std::string> names;
  Duration delay{0};
  for (const InstanceId& id : asked) {
    const Worker* const worker = ending(id);
    if (worker == nullptr) continue;
    delay = ask_later(*worker);
    names.push_back(id.value);
  }
  if (names.empty()) return;
  step_.log(LogLevel::kWarning, "worker.end_failed", About{names},
            str("TerminateInstances for ", join(names, ", "), " failed (",
                describe(failure, {.action = "TerminateInstances"}), "); asking again in ",
                to_string(delay)));
}

void Terminations::refused(const InstanceRefused& one) {
  const Worker* const worker = ending(one.id);
  if (worker == nullptr) return;
  worker->end_refusal = one.why;
  ask_later(*worker);
  if (worker->refusal_told == one.why.code) return;
  worker->refusal_told = one.why.code;
  step_.log(LogLevel::kAlert, "worker.end_refused", about(worker->record),
            str("EC2 refuses to end worker ", one.id.value, " (", worker->record.end_reason,
                "), which goes on to be billed: ", why_refused(*worker),
                "; the others end, and this one ", "is asked for again every ",
                to_string(step_.settings.terminate_repeat)));
}

std::string why_refused(const Worker& worker) {
  return describe(*worker.end_refusal, {.action = "TerminateInstances",
                                        .region = worker.record.region,
                                        .instance = worker.record.id.value});
}

void Terminations::end_as_wanted(const Worker& worker) {
  if (const auto why = workers_.end_wanted(worker.record.id)) end(worker, *why);
}

void Terminations::gone(const InstanceId& id, std::optional<WallTime> ended, const std::string& why,
                        Leaving how) {
  const Worker& worker = *workers_.find(id);
  for (const TimerKind kind : kTimersOfALife) step_.timers.cancel({kind, id.value});
  leases_.worker_ended(worker, why);
  step_.timers.cancel({TimerKind::kWorkerTerminate, id.value});
  if (worker.ours) {
    LedgerRecord line = workers_.ledger_line(worker);
    if (line.end_reason.empty()) line.end_reason = why;
    line.ended =
        std::max(line.launched, ended.value_or(worker.seen_ended.value_or(step_.now.wall)));
    const auto billed = std::chrono::ceil<seconds>(*line.ended - line.launched);
    step_.log(LogLevel::kInfo, "worker.gone", about(worker.record),
              str("worker ", id.value, " has ended (", line.end_reason, "): ", line.type, " ",
                  to_string(line.market), ", ", billed.count(), " s, handed out ", line.handed_out,
                  " times"));
    step_.save(std::move(line));
    step_.save(DropWorker{id});
  }
  workers_.remove(id, how);
}

}  // namespace cb::core
