// What Launcher makes of EC2's answers.

#include <algorithm>

#include "base/text.h"
#include "core/advice/cloud_advice.h"
#include "core/launch/launcher.h"

namespace cb::core {
namespace {

constexpr const char* kLaunchedBefore = "launched before TERMINATE_ALL";

// When an instance was launched, by our clock: as EC2 dates it, within what we know ourselves,
// since the call that made it was not made before `earliest` and calendars may be wrong.
Instant launch_instant(WallTime launched, Instant earliest, Now now) {
  return std::clamp(now.boot - (now.wall - launched), earliest, now.boot);
}

}  // namespace

void Launcher::answered(const LaunchAnswered& answer) {
  const auto found = attempts_.find(answer.token);
  if (found == attempts_.end()) {
    // Settled meanwhile, by a listing or by its age. What it brings is ours all the same.
    if (const auto* result = std::get_if<Launched>(&answer.result)) {
      const auto closed = closed_.find(answer.token);
      for (const InstanceView& view : result->instances) {
        const PoolName pool{std::string(view.tag(kPoolTag))};
        const ClosedAttempt known = closed != closed_.end()
                                        ? closed->second
                                        : ClosedAttempt{answer.token, pool, step_.now.boot};
        late(view, answer.region, known);
      }
    }
    return;
  }
  found->second.in_flight = false;
  note_answer(found->second.record.region, answer.result);
  step_.stirred.insert(found->second.record.pool);
  if (const auto* result = std::get_if<Launched>(&answer.result)) {
    launched(found, *result);
  } else if (const auto* failure = std::get_if<CloudFailure>(&answer.result)) {
    failed(found, *failure);
  } else {
    mark_unknown(found->second, false);
    const CloudFailure& why = std::get<LaunchOutcomeUnknown>(answer.result).why;
    send_again_later(found->second,
                     str("EC2 has not said what became of it (", why.code, ": ", why.message, ")"));
  }
}

void Launcher::mark_unknown(Attempt& attempt, bool mismatch) {
  AttemptRecord& record = attempt.record;
  // Not from when it was decided: whoever stands still between the intent and the call makes it
  // late. By its answer it was made.
  attempt.uncertain_since = step_.now.boot;
  if (record.outcome_unknown && record.mismatch == mismatch) return;
  record.outcome_unknown = true;
  record.mismatch = record.mismatch || mismatch;
  step_.save(record);
}

void Launcher::launched(Attempts::iterator found, const Launched& result) {
  Attempt& attempt = found->second;
  if (result.instances.empty()) {
    mark_unknown(attempt, false);
    send_again_later(attempt, "EC2 accepted it and named no instance");
    return;
  }
  const AttemptRecord record = attempt.record;
  step_.cloud(record.region).launches_fail_since.reset();
  const Instant last_call = attempt.last_sent.value_or(record.begun);
  step_.timers.cancel({TimerKind::kAttemptRetry, record.token.value});
  forget(found);
  step_.save(DropAttempt{record.token});
  for (const InstanceView& view : result.instances) {
    if (workers_.find(view.id) != nullptr || workers_.ended_before(view.id)) continue;
    // What was asked for is what it is, whatever the answer says of it.
    WorkerRecord asked = workers_.first_record(view, record.region);
    asked.pool = record.pool;
    asked.token = record.token;
    asked.begun =
        view.launched ? launch_instant(*view.launched, record.begun, step_.now) : last_call;
    asked.market = record.market;
    asked.type = record.type;
    asked.asked_image = record.image;
    asked.subnet = record.subnet;
    asked.serving = record.serving;
    const Worker& worker = take_up(std::move(asked));
    if (record.doomed) terminations_.end(worker, kLaunchedBefore);
    terminations_.end_unfit(worker);
  }
}

const Worker& Launcher::take_up(WorkerRecord asked) {
  Worker worker;
  WorkerRecord& record = worker.record = std::move(asked);
  workers_.follow_settings(record);
  worker.coming_until = step_.now.boot + worker.serving().launch_timeout;
  step_.timers.arm({TimerKind::kWorkerBoot, record.id.value}, worker.coming_until);
  step_.timers.arm({TimerKind::kWorkerLifetime, record.id.value},
                   record.begun + step_.settings.max_lifetime);
  step_.cloud(record.region).want_listing = true;
  step_.log(
      LogLevel::kInfo, "launch.done", about(record),
      str("launched worker ", record.id.value, " (", record.type, " ", to_string(record.market),
          " ", record.zone, ", token ", record.token.value, ") for pool ", record.pool.value));
  return workers_.add(std::move(worker));
}

void Launcher::late(const InstanceView& view, const std::string& region,
                    const ClosedAttempt& closed) {
  if (workers_.find(view.id) != nullptr || workers_.ended_before(view.id)) return;
  const PoolName& pool = closed.pool;
  const bool useful = lacks(pool, {region, view.market, view.type}, {});
  WorkerRecord asked = workers_.first_record(view, region);
  asked.pool = pool;
  asked.token = closed.token;
  if (view.launched) {
    // No call that was answered before it was given up has made it.
    const Instant earliest = closed.at - step_.settings.unknown_outcome_grace;
    asked.begun = launch_instant(*view.launched, std::min(earliest, step_.now.boot), step_.now);
  }
  asked.asked_image = closed.image;
  asked.subnet = closed.subnet;
  const Worker& worker = take_up(std::move(asked));
  terminations_.end_as_wanted(worker);
  if (closed.doomed) {
    terminations_.end(worker, kLaunchedBefore);
  } else if (!useful) {
    terminations_.end(worker, "turned up after its launch was given up and nobody waits");
  }
}

bool Launcher::claim(const InstanceView& view, const std::string& region) {
  const LaunchToken token =
      view.token.empty() ? LaunchToken{std::string(view.tag(kTokenTag))} : view.token;
  const auto found = attempts_.find(token);
  if (found != attempts_.end()) {
    launched(found, Launched{{view}});
    return true;
  }
  const auto closed = closed_.find(token);
  if (closed == closed_.end()) return false;
  const ClosedAttempt known = closed->second;
  // Its instance is found, and its own record knows it from now on: after a restart it would be
  // taken up once more, and its line in the ledger written anew with a later end.
  closed_.erase(closed);
  step_.save(DropClosedAttempt{token});
  late(view, region, known);
  return true;
}

void Launcher::failed(Attempts::iterator found, const CloudFailure& failure) {
  Attempt& attempt = found->second;
  const AttemptRecord record = attempt.record;
  const Candidate candidate = candidate_of(record);
  const bool was_unknown = record.outcome_unknown;
  switch (failure.what) {
    case FailureClass::kThrottle:
    case FailureClass::kUnreachable:
      send_again_later(attempt, str(failure.code, ": ", failure.message));
      return;
    case FailureClass::kUnknownOutcome:
      mark_unknown(attempt, false);
      send_again_later(attempt, str(failure.code, ": ", failure.message));
      return;
    case FailureClass::kTokenMismatch:
      mark_unknown(attempt, true);
      attempt.last_trouble = why_mismatch(record.token);
      step_.log(LogLevel::kAlert, "launch.mismatch", about(attempt.record), attempt.last_trouble);
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
      if (fits(record)) react(record.pool, candidate, failure);
      if (was_unknown) {
        send_again_later(attempt, str(failure.code, ": ", failure.message));
      } else {
        close(found, true);
      }
      return;
  }
}

// In the journal as well, so that it can be said after a restart.
std::string Launcher::why_mismatch(const LaunchToken& token) {
  return str("launch ", token.value, ": IdempotentParameterMismatch: ",
             "looking for its instance; nothing else is launched meanwhile");
}

void Launcher::note(const PoolName& pool, const Candidate& candidate,
                    const std::optional<std::string>& why) {
  const std::string said = why.value_or("it left no instance, and EC2 did not say why");
  step_.log(LogLevel::kWarning, "launch.failed", about(pool),
            str("launch of ", name_of(candidate), " for pool ", pool.value, " failed: ", said));
  if (!waiting_.waits_for(pool)) return warm_.failed(pool, said, {});
  Search& search = searches_[pool];
  // What EC2 said of it stays said, though an earlier launch of the same is given up later.
  if (why || !search.tried.contains(candidate)) search.tried[candidate] = said;
  search.latest = step_.now.boot;
}

void Launcher::taken_away(const Worker& worker, const std::string& how) {
  const PoolName& pool = worker.record.pool;
  if (!waiting_.waits_for(pool)) return;
  Search& search = searches_[pool];
  search.happened.push_back(str(worker.record.id.value, " ", how));
  search.latest = step_.now.boot;
}

void Launcher::react(const PoolName& pool, const Candidate& candidate,
                     const CloudFailure& failure) {
  const Settings& settings = step_.settings;
  const auto refusal = [&](Duration memory) {
    return Refusal{failure, step_.now.boot, step_.now.boot + memory};
  };
  step_.log(LogLevel::kWarning, "launch.failed", about(pool),
            str("launch of ", name_of(candidate), " for pool ", pool.value,
                " failed: ", failure.code, failure.message.empty() ? "" : ": ", failure.message));
  if (failure.what == FailureClass::kCapacity) {
    if (failure.code.ends_with("Unsupported")) {
      return capacity_.refused(pool, candidate, refusal(settings.capacity_memory));
    }
    return capacity_.no_capacity(candidate, refusal(settings.capacity_memory));
  }
  if (failure.what == FailureClass::kQuota) {
    return quota_reached(pool, candidate, refusal(settings.quota_memory));
  }
  if (lacks_spot_role(failure)) {
    capacity_.close({candidate.region, Market::kSpot}, refusal(settings.denied_memory));
  } else if (concerns_type(failure) || failure.what == FailureClass::kUnexpected ||
             failure.what == FailureClass::kNotYetVisible) {
    // Another candidate may well do.
    capacity_.refused(pool, candidate, refusal(settings.denied_memory));
  } else if (concerns_subnet(failure) && others_than(pool, candidate)) {
    for (const Candidate& one :
         candidates_in(*step_.pool(pool), candidate.region, candidate.subnet)) {
      capacity_.refused(pool, one, refusal(settings.denied_memory));
    }
  } else if (in_other_regions(pool, candidate.region)) {
    for (const Candidate& one : candidates_in(*step_.pool(pool), candidate.region)) {
      capacity_.refused(pool, one, refusal(settings.denied_memory));
    }
  } else {
    blocks_[pool] = refusal(settings.denied_memory);
  }
  if (alerted_.emplace(pool, candidate.region, failure.code).second)
    alert(pool, candidate, failure);
}

// Whether the pool launches in other subnets of its region as well.
bool Launcher::others_than(const PoolName& name, const Candidate& candidate) const {
  const PoolSettings* const pool = step_.pool(name);
  return pool != nullptr &&
         launches_in(step_.settings, *pool, candidate.region, candidate.subnet) &&
         pool->subnets_in(candidate.region).size() > 1;
}

// Whether it launches there, and elsewhere as well.
bool Launcher::in_other_regions(const PoolName& name, const std::string& region) const {
  const PoolSettings* const pool = step_.pool(name);
  return pool != nullptr && step_.settings.launches_in(*pool, region) && pool->regions.size() > 1;
}

void Launcher::quota_reached(const PoolName& pool, const Candidate& candidate,
                             const Refusal& refusal) {
  Closure what{candidate.region, candidate.market, vcpu_group(candidate.type)};
  if (counts_storage(refusal.failure)) what = {candidate.region, {}};
  if (capacity_.close(what, refusal)) alert(pool, candidate, refusal.failure);
}

void Launcher::alert(const PoolName& pool, const Candidate& candidate,
                     const CloudFailure& failure) {
  std::string key = str("launch.", to_string(failure.what));
  std::replace(key.begin(), key.end(), ' ', '_');
  step_.log(LogLevel::kAlert, std::move(key), about(pool),
            describe(failure, {.pool = pool.value,
                               .region = candidate.region,
                               .type = candidate.type,
                               .market = candidate.market}));
}

void Launcher::boot_succeeded(const Worker& worker) {
  const PoolName& pool = worker.record.pool;
  limits_.boot_succeeded(pool);
  blocks_.erase(pool);
  searches_.erase(pool);
  warm_.try_anew(pool);
  std::erase_if(alerted_, [&](const auto& entry) {
    return std::get<0>(entry) == pool && std::get<1>(entry) == worker.record.region;
  });
  if (worker.record.boot) usual_boot_[pool] = *worker.record.boot;
}

void Launcher::boot_failed(const Worker& worker, const CloudFailure& failure) {
  const WorkerRecord& record = worker.record;
  const Candidate candidate{record.region, record.market, record.type, "", record.subnet};
  const bool cloud_has_none =
      failure.what == FailureClass::kCapacity || failure.what == FailureClass::kQuota;
  if (cloud_has_none || failure.what == FailureClass::kBadConfig) {
    react(record.pool, candidate, failure);
  } else {
    note(record.pool, candidate, str(record.id.value, " ", failure.message));
  }
  if (cloud_has_none || step_.cloud(record.region).listing_failed) return;
  if (limits_.boot_failed(record.pool, str(record.id.value, " ", failure.message))) {
    step_.log(LogLevel::kAlert, "launch.breaker", about(record),
              limits_.breaker_open(record.pool)->why);
  }
}

}  // namespace cb::core
