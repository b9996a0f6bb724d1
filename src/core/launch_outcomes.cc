// What Launcher makes of EC2's answers.

#include <algorithm>

#include "base/text.h"
#include "core/cloud_advice.h"
#include "core/launcher.h"
#include "core/planted.h"

namespace cb::core {

void Launcher::answered(const LaunchAnswered& answer) {
  const auto found = attempts_.find(answer.token);
  if (found == attempts_.end()) {
    // Settled meanwhile, by a listing or by its age. What it brings is ours all the same.
    if (const auto* result = std::get_if<Launched>(&answer.result)) {
      const auto closed = closed_.find(answer.token);
      for (const InstanceView& view : result->instances) {
        const std::string pool(view.tag(kPoolTag));
        late(view, closed != closed_.end() ? closed->second.pool : PoolName{pool}, answer.token);
      }
    }
    return;
  }
  found->second.in_flight = false;
  if (const auto* result = std::get_if<Launched>(&answer.result)) {
    launched(found, *result);
  } else if (const auto* failure = std::get_if<CloudFailure>(&answer.result)) {
    failed(found, *failure);
  } else if (planted(Bug::kLostReplyIsFailure)) {
    close(found, true);
  } else {
    mark_unknown(found->second, false);
    const CloudFailure& why = std::get<LaunchOutcomeUnknown>(answer.result).why;
    send_again_later(found->second,
                     str("EC2 has not said what became of it (", why.code, ": ", why.message, ")"));
  }
}

void Launcher::mark_unknown(Attempt& attempt, bool mismatch) {
  AttemptRecord& record = attempt.record;
  attempt.uncertain_since = attempt.last_sent.value_or(record.begun);
  if (record.outcome_unknown && record.mismatch == mismatch) return;
  record.outcome_unknown = true;
  record.mismatch = record.mismatch || mismatch;
  desk_.save(record);
}

void Launcher::launched(Attempts::iterator found, const Launched& result) {
  Attempt& attempt = found->second;
  if (result.instances.empty()) {
    mark_unknown(attempt, false);
    send_again_later(attempt, "EC2 accepted it and named no instance");
    return;
  }
  const AttemptRecord record = attempt.record;
  // After a restart the call may be minutes younger than its intent, and the boot counts from it.
  const Instant begun = attempt.last_sent.value_or(record.begun);
  desk_.agenda.cancel({TimerKind::kAttemptRetry, record.token.value});
  attempts_.erase(found);
  desk_.save(DropAttempt{record.token});
  for (const InstanceView& view : result.instances) {
    if (workers_.find(view.id) != nullptr || workers_.ended_before(view.id)) continue;
    Worker& worker = take_up(view, record.pool, record.token, begun);
    if (record.doomed) endings_.end(worker, "launched before TERMINATE_ALL");
  }
}

Worker& Launcher::take_up(const InstanceView& view, const PoolName& pool, const LaunchToken& token,
                          Instant begun) {
  Worker worker;
  worker.record = {.id = view.id,
                   .pool = pool,
                   .token = token,
                   .account = desk_.identity.account,
                   .region = desk_.settings.region,
                   .market = view.market,
                   .type = view.type,
                   .image = view.image,
                   .zone = view.zone,
                   .address = {},
                   .phase = WorkerPhase::kBooting,
                   .begun = begun,
                   .launched = view.launched,
                   .boot = {},
                   .last_used = desk_.now.boot,
                   .end_reason = {},
                   .former_owner = {}};
  const PoolSettings* const settings = desk_.pool(pool);
  const Duration limit =
      settings != nullptr ? settings->launch_timeout : PoolSettings{}.launch_timeout;
  worker.coming_until = desk_.now.boot + limit;
  desk_.agenda.arm({TimerKind::kWorkerBoot, view.id.value}, worker.coming_until);
  desk_.agenda.arm({TimerKind::kWorkerLifetime, view.id.value},
                   begun + desk_.settings.max_lifetime);
  desk_.want_listing = true;
  desk_.log(LogLevel::kInfo, "launch.done",
            str("launched worker ", view.id.value, " (", view.type, " ", to_string(view.market),
                " ", view.zone, ", token ", token.value, ") for pool ", pool.value));
  return workers_.add(std::move(worker));
}

void Launcher::late(const InstanceView& view, const PoolName& pool, const LaunchToken& token) {
  if (workers_.find(view.id) != nullptr || workers_.ended_before(view.id)) return;
  const bool useful = waiting_.waits_for(pool) && workers_.ready(pool) == nullptr &&
                      workers_.coming(pool) == nullptr && under_way(pool) == nullptr;
  Worker& worker = take_up(view, pool, token, desk_.now.boot);
  endings_.end_as_wanted(worker);
  if (!useful) endings_.end(worker, "turned up after its launch was given up and nobody waits");
}

bool Launcher::claim(const InstanceView& view) {
  const LaunchToken token =
      view.token.empty() ? LaunchToken{std::string(view.tag(kTokenTag))} : view.token;
  const auto found = attempts_.find(token);
  if (found != attempts_.end()) {
    launched(found, Launched{{view}});
    return true;
  }
  const auto closed = closed_.find(token);
  if (closed == closed_.end()) return false;
  const PoolName pool = closed->second.pool;
  // Its instance is found, and its own record knows it from now on: after a restart it would be
  // taken up once more, and its line in the ledger written anew with a later end.
  closed_.erase(closed);
  desk_.save(DropClosedAttempt{token});
  late(view, pool, token);
  return true;
}

void Launcher::failed(Attempts::iterator found, const CloudFailure& failure) {
  Attempt& attempt = found->second;
  const AttemptRecord record = attempt.record;
  const Candidate candidate = candidate_of(record);
  const bool was_unknown = record.outcome_unknown;
  switch (failure.what) {
    case FailureClass::kThrottle:
      if (planted(Bug::kThrottleIsNoCapacity)) {
        note(record.pool, candidate, failure.code);
        close(found, true);
        return;
      }
      [[fallthrough]];
    case FailureClass::kUnreachable:
      send_again_later(attempt, str(failure.code, ": ", failure.message));
      return;
    case FailureClass::kUnknownOutcome:
      mark_unknown(attempt, false);
      send_again_later(attempt, str(failure.code, ": ", failure.message));
      return;
    case FailureClass::kTokenMismatch:
      mark_unknown(attempt, true);
      attempt.last_trouble = str("launch ", record.token.value, ": ", failure.code,
                                 ": looking for its instance; nothing else is launched meanwhile");
      desk_.log(LogLevel::kAlert, "launch.mismatch", attempt.last_trouble);
      return;
    case FailureClass::kTokenEnded:
      note(record.pool, candidate, "it was launched and has ended already");
      close(found, false);
      return;
    case FailureClass::kCapacity:
    case FailureClass::kQuota:
      react(record.pool, candidate, failure);
      close(found, !was_unknown);
      return;
    case FailureClass::kDenied:
    case FailureClass::kBadConfig:
    case FailureClass::kNotYetVisible:
    case FailureClass::kUnexpected:
      // A refusal of the second question says nothing of what became of the first.
      react(record.pool, candidate, failure);
      if (was_unknown) {
        send_again_later(attempt, str(failure.code, ": ", failure.message));
      } else {
        close(found, true);
      }
      return;
  }
}

void Launcher::note(const PoolName& pool, const Candidate& candidate, const std::string& why) {
  desk_.log(LogLevel::kWarning, "launch.failed",
            str("launch of ", to_string(candidate), " for pool ", pool.value, " failed: ", why));
  if (!waiting_.waits_for(pool)) return;
  Quest& quest = quests_[pool];
  quest.tried.insert(candidate);
  quest.failures.push_back(str(to_string(candidate), ": ", why));
}

void Launcher::react(const PoolName& pool, const Candidate& candidate,
                     const CloudFailure& failure) {
  note(pool, candidate, failure.code);
  switch (failure.what) {
    case FailureClass::kCapacity:
      capacity_.no_capacity(candidate, failure.code,
                            desk_.now.boot + desk_.settings.capacity_memory);
      return;
    case FailureClass::kQuota:
      if (capacity_.quota_reached(candidate.region, candidate.market, failure.code, desk_.now.boot,
                                  desk_.now.boot + desk_.settings.quota_memory)) {
        alert(pool, candidate, failure);
      }
      return;
    default: {
      Block& block = blocks_[pool];
      const bool fresh = block.why.empty();
      block = {describe(failure, {.pool = pool.value,
                                  .region = candidate.region,
                                  .type = candidate.type,
                                  .market = candidate.market}),
               desk_.now.boot + desk_.settings.denied_memory};
      if (fresh) alert(pool, candidate, failure);
      return;
    }
  }
}

void Launcher::alert(const PoolName& pool, const Candidate& candidate,
                     const CloudFailure& failure) {
  desk_.log(LogLevel::kAlert, str("launch.", to_string(failure.what)),
            describe(failure, {.pool = pool.value,
                               .region = candidate.region,
                               .type = candidate.type,
                               .market = candidate.market}));
}

void Launcher::boot_succeeded(const Worker& worker) {
  const PoolName& pool = worker.record.pool;
  spending_.boot_succeeded(pool);
  blocks_.erase(pool);
  quests_.erase(pool);
  if (worker.record.boot) usual_boot_[pool] = *worker.record.boot;
}

void Launcher::boot_failed(const Worker& worker, const CloudFailure& failure) {
  const WorkerRecord& record = worker.record;
  const Candidate candidate{record.region, record.market, record.type, ""};
  const bool cloud_has_none =
      failure.what == FailureClass::kCapacity || failure.what == FailureClass::kQuota;
  if (cloud_has_none || failure.what == FailureClass::kBadConfig) {
    react(record.pool, candidate, failure);
  } else {
    note(record.pool, candidate, str(record.id.value, " ", failure.message));
  }
  if (cloud_has_none || desk_.listing_failed) return;
  if (spending_.boot_failed(record.pool, str(record.id.value, " ", failure.message))) {
    desk_.log(LogLevel::kAlert, "launch.breaker", *spending_.breaker_open(record.pool));
  }
}

}  // namespace cb::core
