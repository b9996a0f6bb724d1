#include "core/endings.h"

#include <algorithm>

#include "base/text.h"
#include "core/cloud_advice.h"
#include "core/planted.h"

namespace cb::core {
namespace {

constexpr TimerKind kTimersOfALife[] = {TimerKind::kWorkerIdle, TimerKind::kWorkerBoot,
                                        TimerKind::kWorkerProbe, TimerKind::kWorkerUnreachable,
                                        TimerKind::kWorkerLifetime};

}  // namespace

void Endings::mark(Worker& worker, const std::string& reason) {
  for (const TimerKind kind : kTimersOfALife) desk_.agenda.cancel({kind, worker.record.id.value});
  worker.record.phase = WorkerPhase::kTerminating;
  worker.record.end_reason = reason;
  workers_.changed(worker);
}

void Endings::end(Worker& worker, const std::string& reason, LogLevel level) {
  if (!worker.ours || worker.record.phase == WorkerPhase::kTerminating) return;
  mark(worker, reason);
  desk_.log(level, "worker.end",
            str("worker ", worker.record.id.value, " ", reason, ": terminating"));
  ask(worker, desk_.settings.terminate_repeat);
}

void Endings::ends_by_itself(Worker& worker, const std::string& reason) {
  if (worker.record.phase == WorkerPhase::kTerminating) return;
  mark(worker, reason);
  desk_.log(LogLevel::kWarning, "worker.ended",
            str("worker ", worker.record.id.value, " ", reason, ": no longer handed out"));
  // Should EC2 think better of it, we have not.
  desk_.agenda.arm({TimerKind::kWorkerTerminate, worker.record.id.value},
                   desk_.now.boot + desk_.settings.terminate_repeat);
}

void Endings::ask(const Worker& worker, Duration again_after) {
  const std::string& id = worker.record.id.value;
  if (planted(Bug::kTerminateRepeatedLate)) again_after *= 2;
  if (!planted(Bug::kTerminateNotRepeated)) {
    desk_.agenda.arm({TimerKind::kWorkerTerminate, id}, desk_.now.boot + again_after);
  }
  if (desk_.cloud_open) desk_.to_terminate.push_back(worker.record.id);
  desk_.want_listing = true;
}

void Endings::repeat(const InstanceId& id) {
  Worker* const worker = workers_.find(id);
  if (worker == nullptr || worker->record.phase != WorkerPhase::kTerminating) return;
  desk_.log(LogLevel::kInfo, "worker.end_again",
            str("worker ", id.value, " ", worker->record.end_reason,
                ": EC2 has not ended it yet, asking again"));
  ask(*worker, desk_.settings.terminate_repeat);
}

void Endings::ask_for_all() {
  for (const InstanceId& id : workers_.ids()) {
    const Worker& worker = *workers_.find(id);
    if (worker.record.phase == WorkerPhase::kTerminating) {
      ask(worker, desk_.settings.terminate_repeat);
    }
  }
}

void Endings::answered(const TerminateAnswered& answer) {
  if (const auto* failure = std::get_if<CloudFailure>(&answer.result)) {
    failed(answer, *failure);
    return;
  }
  const auto& accepted = std::get<TerminateAccepted>(answer.result);
  for (const TerminatedNow& now : accepted.instances) {
    Worker* const worker = workers_.find(now.id);
    if (worker == nullptr || worker->record.phase != WorkerPhase::kTerminating) continue;
    if (planted(Bug::kTerminateBelieved)) {
      gone(now.id, {}, "its end was accepted", Leaving::kTerminated);
      continue;
    }
    worker->terminate_failures = 0;
    worker->end_confirmed =
        now.state == InstanceState::kShuttingDown || now.state == InstanceState::kTerminated;
    if (worker->end_confirmed && !worker->seen_ended) worker->seen_ended = desk_.now.wall;
    workers_.changed(*worker, false);
  }
  for (const InstanceId& id : accepted.not_found) {
    // Too young to be seen, or gone for long: a listing and a question by id will tell.
    const std::string text =
        str("worker ", id.value, " is unknown to TerminateInstances: looking it up");
    if (workers_.find(id) != nullptr) desk_.log(LogLevel::kInfo, "worker.end_not_found", text);
  }
  desk_.want_listing = true;
}

void Endings::failed(const TerminateAnswered& answer, const CloudFailure& failure) {
  std::vector<std::string> names;
  Duration delay{0};
  for (const InstanceId& id : answer.asked) {
    Worker* const worker = workers_.find(id);
    if (worker == nullptr || worker->record.phase != WorkerPhase::kTerminating) continue;
    if (planted(Bug::kEndBelievedOnTimeout) && failure.what == FailureClass::kUnknownOutcome) {
      gone(id, {}, "its end was asked for", Leaving::kTerminated);
      continue;
    }
    const std::size_t doublings = std::min<std::size_t>(worker->terminate_failures++, 10);
    delay = std::min(desk_.settings.retry_delay_min * (1 << doublings),
                     desk_.settings.terminate_repeat);
    desk_.agenda.arm_by({TimerKind::kWorkerTerminate, id.value}, desk_.now.boot + delay);
    names.push_back(id.value);
  }
  if (names.empty()) return;
  desk_.log(LogLevel::kWarning, "worker.end_failed",
            str("TerminateInstances for ", join(names, ", "), " failed (",
                describe(failure, {.action = "TerminateInstances"}), "); asking again in ",
                to_string(delay)));
}

void Endings::end_as_wanted(Worker& worker) {
  if (const auto why = workers_.end_wanted(worker.record.id)) end(worker, *why);
}

void Endings::gone(const InstanceId& id, std::optional<WallTime> ended, const std::string& why,
                   Leaving how) {
  Worker& worker = *workers_.find(id);
  for (const TimerKind kind : kTimersOfALife) desk_.agenda.cancel({kind, id.value});
  desk_.agenda.cancel({TimerKind::kWorkerTerminate, id.value});
  if (worker.ours) {
    LedgerRecord line = workers_.ledger_line(worker);
    if (line.end_reason.empty()) line.end_reason = why;
    if (planted(Bug::kLedgerUsesOurClock)) ended = desk_.now.wall;
    if (planted(Bug::kUndatedEndIsLate) && !ended) ended = desk_.now.wall;
    line.ended =
        std::max(line.launched, ended.value_or(worker.seen_ended.value_or(desk_.now.wall)));
    const auto billed = std::chrono::ceil<seconds>(*line.ended - line.launched);
    desk_.log(LogLevel::kInfo, "worker.gone",
              str("worker ", id.value, " has ended (", line.end_reason, "): ", line.type, " ",
                  to_string(line.market), ", ", billed.count(), " s, handed out ", line.handed_out,
                  " times"));
    desk_.save(std::move(line));
    desk_.save(DropWorker{id});
  }
  workers_.remove(id, how);
}

}  // namespace cb::core
