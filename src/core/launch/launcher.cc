#include "core/launch/launcher.h"

#include <algorithm>

#include "base/back_off.h"
#include "base/text.h"
#include "core/model/claim.h"

namespace cb::core {

void Launcher::restore(Records& records) {
  for (auto& [token, record] : records.attempts) {
    Attempt attempt;
    attempt.record = record;
    // It may have been sent before the broker died; only EC2 knows.
    attempt.record.outcome_unknown = true;
    // An older journal does not say when the last call was made.
    const Instant last_call =
        record.last_call.value_or(record.begun + step_.settings.token_reuse_limit);
    attempt.uncertain_since = std::min(last_call, step_.now.boot);
    keep(std::move(attempt));
  }
  closed_ = std::move(records.closed);
  for (const auto& [token, closed] : closed_) step_.cloud(closed.region);
  jitter_ = Prng{seed_of(step_.identity.nonce, step_.identity.next_attempt)};
}

Launcher::Attempt& Launcher::keep(Attempt attempt) {
  const LaunchToken token = attempt.record.token;
  step_.stirred.insert(attempt.record.pool);
  step_.cloud(attempt.record.region);
  of_pool_[attempt.record.pool].insert(token);
  return attempts_.emplace(token, std::move(attempt)).first->second;
}

void Launcher::forget(Attempts::iterator found) {
  const auto of_pool = of_pool_.find(found->second.record.pool);
  step_.stirred.insert(of_pool->first);
  of_pool->second.erase(found->first);
  if (of_pool->second.empty()) of_pool_.erase(of_pool);
  attempts_.erase(found);
}

const Launcher::Attempt* Launcher::under_way(const PoolName& pool, const Need& need) const {
  const auto of_pool = of_pool_.find(pool);
  if (of_pool == of_pool_.end()) return nullptr;
  const Attempt* lost = nullptr;
  for (const LaunchToken& token : of_pool->second) {
    const Attempt& attempt = attempts_.at(token);
    const AttemptRecord& record = attempt.record;
    if (record.doomed || !need.fits(record)) continue;
    if (!passed_over(pool, record.region)) return &attempt;
    lost = &attempt;
  }
  return lost;
}

std::vector<LaunchToken> Launcher::under_way_for(const PoolName& pool) const {
  std::vector<LaunchToken> out;
  const auto of_pool = of_pool_.find(pool);
  if (of_pool == of_pool_.end()) return out;
  for (const LaunchToken& token : of_pool->second) {
    if (!attempts_.at(token).record.doomed) out.push_back(token);
  }
  return out;
}

std::size_t Launcher::open_of(const PoolName& pool) const {
  const auto of_pool = of_pool_.find(pool);
  return of_pool == of_pool_.end() ? 0 : of_pool->second.size();
}

bool Launcher::fits(const AttemptRecord& record) const {
  const PoolSettings* const pool = step_.pool(record.pool);
  const auto& types = pool != nullptr ? pool->instance_types : std::vector<std::string>{};
  return pool != nullptr && pool->image_in(record.region) == record.image &&
         launches_in(step_.settings, *pool, record.region, record.subnet) &&
         std::find(types.begin(), types.end(), record.type) != types.end() &&
         (!record.serving || pool->serving().same_machine(*record.serving));
}

std::string Launcher::name_of(const Candidate& candidate) const {
  const bool elsewhere = candidate.region != step_.settings.region;
  if (!elsewhere) return to_string(candidate);
  return str(to_string(candidate), candidate.subnet.empty() ? " in " : " of ", candidate.region);
}

Candidate Launcher::candidate_of(const AttemptRecord& record) {
  return {record.region, record.market, record.type, "", record.subnet};
}

void Launcher::begin(const PoolName& name, const Candidate& candidate, const std::string& why) {
  forget_old_closed();
  const LaunchToken token = make_token(step_.identity.nonce, step_.identity.next_attempt++);
  step_.save(step_.identity);
  const PoolSettings& pool = *step_.pool(name);
  LaunchSpec spec = launch_spec(step_.settings, name, pool, candidate, token, step_.now.wall);
  spec.tags[std::string(kOwnerTag)] = to_tag({step_.identity.nonce, step_.place, ""});
  Attempt attempt;
  attempt.record = {.token = token,
                    .pool = name,
                    .account = step_.identity.account,
                    .region = candidate.region,
                    .market = candidate.market,
                    .type = candidate.type,
                    .image = pool.image_in(candidate.region),
                    .subnet = candidate.subnet,
                    .request = encode_(spec),
                    .begun = step_.now.boot,
                    .begun_wall = step_.now.wall,
                    .last_call = step_.now.boot,
                    .serving = pool.serving()};
  step_.save(attempt.record);
  limits_.launching(token);
  step_.log(LogLevel::kInfo, "launch.begin", about(attempt.record),
            str("launching ", name_of(candidate), " for pool ", name.value, " (token ", token.value,
                "): ", why));
  send(keep(std::move(attempt)));
}

void Launcher::send(Attempt& attempt) {
  attempt.in_flight = true;
  if (attempt.record.last_call != step_.now.boot) {
    attempt.former_call = attempt.record.last_call;
    attempt.record.last_call = step_.now.boot;
    step_.save(attempt.record);
  }
  attempt.last_sent = step_.now.boot;
  ++attempt.sent;
  limits_.called();
  const AttemptRecord& record = attempt.record;
  step_.act(LaunchInstance{record.token, record.region, record.request});
}

void Launcher::retry(const LaunchToken& token) {
  const auto found = attempts_.find(token);
  if (found == attempts_.end() || found->second.in_flight) return;
  Attempt& attempt = found->second;
  attempt.held = false;
  const AttemptRecord& record = attempt.record;
  if (!record.outcome_unknown && !fits(record)) return close(found, true);
  // Each call gives the token its time anew: while somebody waits it is asked for, for hours.
  const Instant last_call = record.last_call.value_or(record.begun);
  const bool young = step_.now.boot - last_call < step_.settings.token_reuse_limit;
  const bool needed = lacks(record.pool, candidate_of(record), token);
  const bool is_wanted = needed && !record.doomed && !step_.stopping;
  if (is_wanted && young && !step_.cloud_open && !record.mismatch) {
    // Its candidate was not refused: it is this one's turn when it is known whose keys these are.
    attempt.held = true;
    step_.timers.arm({TimerKind::kAttemptRetry, token.value},
                     step_.now.boot + step_.settings.retry_delay_min);
  } else if (is_wanted && young && !record.mismatch) {
    const auto next = limits_.paced_until();
    if (next) return step_.timers.arm({TimerKind::kAttemptRetry, token.value}, *next);
    send(attempt);
  } else if (!record.outcome_unknown) {
    close(found, true);
  }
}

void Launcher::unwanted(const PoolName& pool) {
  searches_.erase(pool);
  yielding_.erase(pool);
}

void Launcher::cloud_opened() {
  for (const auto& [token, attempt] : attempts_) {
    // Not here: the listing that has proved whose they are may show what became of it.
    if (attempt.held) step_.timers.arm({TimerKind::kAttemptRetry, token.value}, step_.now.boot);
  }
}

void Launcher::send_again_later(Attempt& attempt, const std::string& trouble) {
  const Duration longest =
      back_off(step_.settings.retry_delay_min, step_.settings.retry_delay_max, attempt.failures++);
  const Duration delay =
      jitter_.between(std::min(step_.settings.retry_delay_min, longest), longest);
  attempt.last_trouble = trouble;
  step_.timers.arm({TimerKind::kAttemptRetry, attempt.record.token.value}, step_.now.boot + delay);
  step_.log(LogLevel::kWarning, "launch.again", about(attempt.record),
            str("launch ", attempt.record.token.value, ": ", trouble,
                "; asking again with the same token in ", to_string(delay)));
}

void Launcher::not_made(const std::vector<LaunchToken>& tokens) {
  for (const LaunchToken& token : tokens) {
    const auto found = attempts_.find(token);
    if (found == attempts_.end()) continue;
    Attempt& attempt = found->second;
    step_.stirred.insert(attempt.record.pool);
    attempt.in_flight = false;
    if (--attempt.sent != 0 || attempt.record.outcome_unknown) {
      // EC2 has not heard of the token since then.
      attempt.record.last_call = attempt.former_call;
      step_.save(attempt.record);
      send_again_later(attempt, step_.save_trouble);
    } else {
      close(found, true);
    }
  }
}

void Launcher::close(Attempts::iterator found, bool certainly_nothing) {
  const LaunchToken token = found->first;
  step_.timers.cancel({TimerKind::kAttemptRetry, token.value});
  step_.save(DropAttempt{token});
  if (certainly_nothing) {
    limits_.take_back(token);
  } else {
    const AttemptRecord& record = found->second.record;
    const ClosedAttempt closed{.token = token,
                               .pool = record.pool,
                               .at = step_.now.boot,
                               .image = record.image,
                               .subnet = record.subnet,
                               .doomed = record.doomed,
                               .region = record.region};
    closed_[token] = closed;
    step_.save(closed);
  }
  forget(found);
}

void Launcher::close_lost(const std::string& region, Instant begun) {
  std::vector<LaunchToken> lost;
  for (const auto& [token, attempt] : attempts_) {
    if (attempt.record.region != region) continue;
    if (attempt.in_flight || !attempt.record.outcome_unknown) continue;
    if (begun - attempt.uncertain_since >= step_.settings.unknown_outcome_grace) {
      lost.push_back(token);
    }
  }
  for (const LaunchToken& token : lost) {
    step_.log(LogLevel::kWarning, "launch.lost", about(attempts_.at(token).record),
              str("launch ", token.value, " left no instance within ",
                  to_string(step_.settings.unknown_outcome_grace),
                  ": closed; should one turn up, it is used or ended"));
    const AttemptRecord record = attempts_.at(token).record;
    note(record.pool, candidate_of(record), {});
    close(attempts_.find(token), false);
  }
}

void Launcher::forget_old_closed() {
  std::vector<LaunchToken> old;
  for (const auto& [token, closed] : closed_) {
    if (step_.now.boot - closed.at >= hours{24}) old.push_back(token);
  }
  for (const LaunchToken& token : old) {
    closed_.erase(token);
    step_.save(DropClosedAttempt{token});
  }
}

std::size_t Launcher::doom_all() {
  std::vector<LaunchToken> never_sent;
  const std::size_t count = attempts_.size();
  for (auto& [token, attempt] : attempts_) {
    if (!attempt.in_flight && !attempt.record.outcome_unknown) {
      never_sent.push_back(token);
    } else if (!attempt.record.doomed) {
      attempt.record.doomed = true;
      step_.stirred.insert(attempt.record.pool);
      step_.save(attempt.record);
    }
  }
  for (const LaunchToken& token : never_sent) close(attempts_.find(token), true);
  for (auto& [token, closed] : closed_) {
    if (!std::exchange(closed.doomed, true)) step_.save(closed);
  }
  searches_.clear();
  return count;
}

bool Launcher::doomed_open() const {
  return std::any_of(attempts_.begin(), attempts_.end(),
                     [](const auto& entry) { return entry.second.record.doomed; });
}

void Launcher::try_anew() {
  for (auto& [region, cloud] : step_.clouds) cloud.launches_fail_since.reset();
  capacity_.clear();
  blocks_.clear();
  alerted_.clear();
  searches_.clear();
  limits_.close_breakers();
  std::vector<LaunchToken> outdated;
  for (const auto& [token, attempt] : attempts_) {
    const bool asked = attempt.in_flight || attempt.record.outcome_unknown;
    if (!asked && !fits(attempt.record)) outdated.push_back(token);
  }
  for (const LaunchToken& token : outdated) close(attempts_.find(token), true);
}

std::map<LaunchToken, AttemptRecord> Launcher::attempts() const {
  std::map<LaunchToken, AttemptRecord> out;
  for (const auto& [token, attempt] : attempts_) out.emplace(token, attempt.record);
  return out;
}

}  // namespace cb::core
