// What happens to the broker that no client asked for: starts, stops, timers, the journal.

#include <algorithm>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/text.h"
#include "core/broker_state.h"
#include "core/demand/pool_choice.h"

namespace cb::core {

void Broker::State::on(const Started& event) {
  CHECK(!begun);
  begun = true;
  step.started = step.now.boot;
  step.started_wall = step.now.wall;
  step.place = event.place;
  Records records = event.records;
  step.identity = records.broker.value_or(BrokerRecord{});
  step.journal_is_new = event.journal_lost || step.identity.nonce.empty();
  if (step.identity.nonce.empty()) {
    step.identity.nonce = event.fresh_nonce;
    step.save(step.identity);
  }
  if (event.journal_lost) {
    step.log(LogLevel::kAlert, "journal.lost",
             str(event.lost_why,
                 "; rebuilding from EC2's tags, nothing is launched until that "
                 "is done"));
  }
  name_regions(records);
  if (event.clock_moved) save_all(records);
  launcher.restore(records);
  limits.restore(records.stamps);
  for (const auto& [id, record] : records.workers) recover(record, records);
  leases.restore(records, seed_of(event.fresh_nonce, step.now.boot.time_since_epoch().count()));
  end_unfit();
  if (!records.workers.empty()) {
    step.timers.arm({TimerKind::kTrustJournal, ""},
                    step.now.boot + step.settings.adoption_patience);
  }
  step.log(LogLevel::kInfo, "broker.start",
           str("broker ", step.settings.name, " started with ", records.workers.size(),
               " workers and ", records.attempts.size(), " unsettled launches in its journal"));
  watches.identify();
}

// Older versions knew one region, and wrote none while STS had not said whose keys they had.
void Broker::State::name_regions(Records& records) {
  const std::string& theirs =
      step.identity.region.empty() ? step.settings.region : step.identity.region;
  const auto name = [&](auto& record) {
    if (!record.region.empty()) return;
    record.region = theirs;
    step.save(record);
  };
  for (auto& [token, attempt] : records.attempts) name(attempt);
  for (auto& [id, worker] : records.workers) name(worker);
  for (auto& [token, closed] : records.closed) name(closed);
}

void Broker::State::save_all(const Records& records) {
  for (const auto& [token, attempt] : records.attempts) step.save(attempt);
  for (const auto& [id, worker] : records.workers) step.save(worker);
  for (const auto& [token, stamp] : records.stamps) step.save(stamp);
  for (const auto& [token, closed] : records.closed) step.save(closed);
  for (const auto& [id, lease] : records.leases) step.save(lease);
}

void Broker::State::recover(const WorkerRecord& record, const Records& records) {
  Worker worker;
  worker.record = record;
  const std::string& id = record.id.value;
  const auto line = records.open_ledger.find(record.id);
  if (line != records.open_ledger.end()) worker.handed_out = line->second.handed_out;
  const bool filled = workers.follow_settings(worker.record);
  const Duration boot = worker.serving().launch_timeout;
  const Instant soonest = step.now.boot + step.settings.restart_grace;
  // Idle clocks are saved behind time by at most that interval; never end earlier than was said.
  worker.last_used_saved = record.last_used;
  worker.clock_recovered = true;
  worker.record.last_used =
      std::min(record.last_used + step.settings.idle_save_interval, step.now.boot);
  worker.pinged = worker.record.last_used;
  worker.perhaps_used = record.phase != WorkerPhase::kBooting;
  if (worker.perhaps_used) worker.bare_used = worker.record.last_used;
  switch (record.phase) {
    case WorkerPhase::kBooting:
    case WorkerPhase::kAdopting: {
      worker.coming_until = std::max(record.begun + boot, soonest);
      // What was found is spared for sweep_grace, in this process as in the last.
      const bool found = record.phase == WorkerPhase::kAdopting;
      if (found) step.timers.arm({TimerKind::kWorkerAwaited, id}, worker.coming_until);
      const Duration grace = found ? std::max(boot, step.settings.sweep_grace) : boot;
      step.timers.arm({TimerKind::kWorkerBoot, id}, std::max(record.begun + grace, soonest));
      break;
    }
    case WorkerPhase::kReady:
      worker.coming_until = worker.suspect() ? *worker.record.doubted + boot
                                             : step.now.boot + step.settings.adoption_patience;
      step.timers.arm({TimerKind::kWorkerAwaited, id}, worker.coming_until);
      break;
    case WorkerPhase::kTerminating:
      break;  // asked for again as soon as the cloud may be asked
  }
  step.timers.arm({TimerKind::kWorkerLifetime, id}, record.begun + step.settings.max_lifetime);
  const Worker& kept = workers.restore(std::move(worker), filled ? Save::kNow : Save::kLater);
  if (record.phase != WorkerPhase::kReady) return;
  step.timers.arm({TimerKind::kWorkerIdle, id}, workers.idle_deadline(kept));
  step.timers.arm({TimerKind::kWorkerQuestion, id},
                  kept.record.last_used + workers.idle_limit(kept) / 2);
  probes.start(kept);
}

void Broker::State::on(const TerminateAnswered& event) {
  terminations.answered(event);
  const auto* failure = std::get_if<CloudFailure>(&event.result);
  if (failure != nullptr &&
      (failure->what == FailureClass::kDenied || failure->what == FailureClass::kUnexpected)) {
    mass.failed(event.asked,
                str("TerminateInstances failed (", failure->code, ": ", failure->message, ")"));
  }
}

// Whoever calls us was late: the machine was paused, the process stopped, the disk slow. What the
// world said meanwhile is still on its way, as after a start.
void Broker::State::notice_pause(Instant before) {
  const auto due = step.timers.next();
  const Instant now = step.now.boot;
  if (!begun || !due) return;
  // One that was armed for a time in the past was due when that step was over.
  const Instant from = std::max(*due, before);
  if (now - from < step.settings.pause_limit) return;
  const bool known = step.pause && step.pause->until == now;
  step.pause = {from, now};
  if (known) return;
  step.log(LogLevel::kWarning, "broker.paused",
           str("this process stood still for ", to_string(now - from),
               " or longer (a paused machine, a slow disk): no worker is ended as idle, "
               "unreachable or late for ",
               to_string(step.settings.restart_grace), ", so that its clients are heard first"),
           "paused");
}

bool Broker::State::waits_for_the_world(const DueTimer& timer) {
  const bool ends = timer.kind == TimerKind::kWorkerIdle || timer.kind == TimerKind::kWorkerBoot ||
                    timer.kind == TimerKind::kWorkerUnreachable || timer.kind == TimerKind::kLease;
  const Instant until = step.heard_at(timer.wanted);
  if (!ends || until <= step.now.boot) return false;
  step.timers.postpone(timer, until);
  return true;
}

void Broker::State::on(const TimePassed&) {
  while (const auto timer = step.timers.take_due(step.now.boot)) {
    if (!waits_for_the_world(*timer)) due(*timer);
  }
}

void Broker::State::due(const Timer& timer) {
  const InstanceId worker{timer.id};
  switch (timer.kind) {
    case TimerKind::kCallerPatience:
      return patience_ended({static_cast<std::uint64_t>(*parse_int(timer.id))});
    case TimerKind::kWorkerIdle:
      return probes.idle_due(worker);
    case TimerKind::kWorkerBoot:
      return probes.boot_due(worker);
    case TimerKind::kWorkerProbe:
      return probes.probe_due(worker);
    case TimerKind::kWorkerQuestion:
      return probes.question_due(worker);
    case TimerKind::kWorkerUnreachable:
      return probes.unreachable_due(worker);
    case TimerKind::kWorkerTerminate:
      return terminations.repeat(worker);
    case TimerKind::kLease:
      return probes.lease_due(*parse_lease_id(timer.id));
    case TimerKind::kWorkerLifetime:
      return probes.lifetime_due(worker);
    case TimerKind::kAttemptRetry:
      return launcher.retry({timer.id});
    case TimerKind::kListing:
      return watches.listing_due(timer.id);
    case TimerKind::kIdentify:
      return watches.identify();
    case TimerKind::kSaveRetry:
      // Any change makes the driver try again, with all that it could not save before.
      step.timers.arm(timer, step.now.boot + step.settings.save_retry_interval);
      return step.save(step.identity);
    case TimerKind::kTerminateAll:
      return mass.patience_ended();
    case TimerKind::kTrustJournal:
      return watches.patience_ended();
    case TimerKind::kWarm:
      return warm.look();
    case TimerKind::kClaim:
    case TimerKind::kWorkerAwaited:
    case TimerKind::kNextTry:
    case TimerKind::kProgress:
      return;  // what it is for happens at the end of every step
  }
}

void Broker::State::on(const SaveFailed& event) {
  const bool fresh = step.save_trouble.empty();
  step.save_trouble =
      str("the journal cannot be written (", event.why, "): nothing is launched until it can");
  step.save_trouble_at = step.now.boot;
  if (fresh) step.log(LogLevel::kAlert, "journal.failed", step.save_trouble);
  step.timers.arm_by({TimerKind::kSaveRetry, ""},
                     step.now.boot + step.settings.save_retry_interval);
  launcher.not_made(event.launches_not_made);
}

void Broker::State::on(const SaveWorks&) {
  if (step.save_trouble.empty()) return;
  step.save_trouble.clear();
  step.timers.cancel({TimerKind::kSaveRetry, ""});
  step.log(LogLevel::kInfo, "journal.works", "the journal can be written again");
}

void Broker::State::on(const SettingsChanged& event) {
  step.settings = event.settings;
  step.watch_regions();
  for (const PoolName& pool : waiting.pools()) step.stirred.insert(pool);
  launcher.try_anew();
  workers.reconsider_all();
  leases.reconsider_all();
  end_unfit();
  warm.look();
  step.log(LogLevel::kInfo, "settings.changed", "the new settings are in force");
  watches.identify();
}

void Broker::State::on(const StopRequested& event) {
  step.stopping = true;
  waiting.refuse_everyone(RefusalReason::kStopping,
                          "the broker is stopping; ask again in a few seconds");
  if (!event.terminate_workers) return;
  ending_all = true;
  mass.end_everything({}, "ended with the broker");
}

void Broker::State::end_unfit() {
  for (const InstanceId& id : workers.ids()) terminations.end_unfit(*workers.find(id));
}

void Broker::State::tell_progress() {
  const TimerName timer{TimerKind::kProgress, ""};
  if (!waiting.anyone_wants_progress()) return step.timers.cancel(timer);
  if (step.timers.armed(timer)) return;
  for (const PoolName& pool : waiting.pools()) {
    for (const Group& group : waiting.groups(pool)) {
      waiting.tell(pool, group.need, launcher.progress(pool, group.need));
    }
  }
  step.timers.arm(timer, step.now.boot + step.settings.progress_interval);
}

void Broker::State::end_step() {
  if (waiting.size() != 0) {
    settle_waiting();
    tell_progress();
  }
  keep_warm();
  if (waiting.size() == 0) step.stirred.clear();
  mass.settle();
  claims.settle();
  watches.schedule(waiting.size() != 0 || workers.unsettled() != 0 || launcher.open() != 0);
}

}  // namespace cb::core
