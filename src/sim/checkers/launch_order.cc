#include "sim/checkers/launch_order.h"

#include <algorithm>

#include "base/text.h"

namespace cb::sim {
namespace {

constexpr const char* kLaunchOrderRule = "11-launch-order";

[[noreturn]] void wrong(const LaunchCall& call, const std::string& why) {
  throw Violated(kLaunchOrderRule, str("launch ", call.token.value, " ", why));
}

}  // namespace

void LaunchOrder::launch_called(const LaunchCall& call) {
  if (memory_.stopping()) wrong(call, "is called after the broker was told to stop");
  // An intent that another process wrote down, and did not live to call, is its token's all the
  // same.
  const auto intent = store_.durable().attempts.find(call.token);
  const bool begun_now =
      intent != store_.durable().attempts.end() && intent->second.begun == ground_.turn.now.boot;
  if (history_.attempts().contains(call.token) || !begun_now) {
    again(call);
  } else {
    first(call);
  }
  Calls& calls = calls_[call.token];
  if (calls.answered) backs_off(call, calls);
  calls.answered.reset();
}

// Delays are drawn between the least and one that doubles: many short ones in a row are no chance.
void LaunchOrder::backs_off(const LaunchCall& call, Calls& calls) const {
  const Duration pause = ground_.turn.at - *calls.answered;
  const Duration least = ground_.options.settings.retry_delay_min;
  const bool has_doubled = longest_delay(call.token, calls) >= 5 * least;
  calls.short_ones = has_doubled && pause < 2 * least ? calls.short_ones + 1 : 0;
  if (calls.short_ones >= 9) wrong(call, "is asked for again and again without backing off");
}

void LaunchOrder::first(const LaunchCall& call) const {
  const core::Candidate candidate = memory_.candidate(call);
  if (!memory_.cloud().listed(call.region))
    wrong(call, "is called before EC2 has shown what there is");
  in_order(call, candidate);
  not_refused_lately(call, candidate);
  const core::Settings& settings = ground_.options.settings;
  const auto breaker = memory_.breaker(call.pool).value_or(LaunchMemory::Breaker{});
  if (breaker.least_since && ground_.turn.at - *breaker.least_since < settings.retry_after) {
    wrong(call, str("though ", breaker.least, " boots in a row have failed"));
  }
}

bool LaunchOrder::excused(const PoolName& pool, const core::Candidate& candidate) const {
  if (memory_.passed_over(pool, candidate.region)) return true;
  for (const LaunchMemory::Tried& tried : memory_.tried(pool)) {
    if (tried.candidate == candidate) return true;
  }
  return memory_.refused_for(pool, candidate);
}

void LaunchOrder::in_order(const LaunchCall& call, const core::Candidate& candidate) const {
  if (ground_.settings_just_told) return;
  // It is the turn of what is launched for one of those who wait, or for nobody but a window.
  std::string why = why_not_its_turn(call.pool, candidate, {});
  if (why.empty() && warm_.most(call.pool) != 0) return;
  const auto& needs = history_.needs_lately(call.pool);
  for (const auto& [need, callers] : needs) {
    why = why_not_its_turn(call.pool, candidate, need);
    if (why.empty()) return;
  }
  if (!why.empty()) wrong(call, str("is of ", to_string(candidate), why));
}

// Empty: it is.
std::string LaunchOrder::why_not_its_turn(const PoolName& name, const core::Candidate& candidate,
                                          const core::Need& need) const {
  const core::Settings& settings = ground_.options.settings;
  for (const core::Candidate& before :
       LaunchMemory::plan(settings, settings.pools.at(name), need)) {
    if (before == candidate) return {};
    if (!excused(name, before))
      return str(" though ", to_string(before), " was not refused lately");
  }
  return ", which nobody who waits for its pool asked for";
}

// Callers with different needs, or with several, have launches of their own.
bool LaunchOrder::several_at_once(const PoolName& pool) const {
  const auto& needs = history_.needs_lately(pool);
  const bool alike = std::all_of(needs.begin(), needs.end(), [](const auto& entry) {
    return entry.first == core::Need{.leased = entry.first.leased};
  });
  return !alike || !ground_.options.settings.pools.at(pool).any_number_of_clients();
}

void LaunchOrder::not_refused_lately(const LaunchCall& call,
                                     const core::Candidate& candidate) const {
  const auto refuse = [&](const LaunchMemory::Refusal& refusal) {
    if (!refusal.by_launch || ground_.turn.at >= memory_.until(refusal)) return;
    // Of several launches at once one may be refused in the turn in which the next is decided.
    if (several_at_once(call.pool) && refusal.at >= ground_.turn.at - 2 * ground_.options.batching)
      return;
    wrong(call, str("is of ", to_string(candidate), ", refused ",
                    to_string(Duration{ground_.turn.at - refusal.at}), " ago (",
                    refusal.failure.code, ")"));
  };
  for (const LaunchMemory::Refusal* refusal : memory_.against(call.pool, candidate)) {
    refuse(*refusal);
  }
  if (const LaunchMemory::Refusal* block = memory_.block(call.pool)) refuse(*block);
}

void LaunchOrder::again(const LaunchCall& call) const {
  const auto attempt = store_.durable().attempts.find(call.token);
  if (attempt == store_.durable().attempts.end()) return;  // rule 3 has seen it
  const core::Settings& settings = ground_.options.settings;
  const core::AttemptRecord& record = attempt->second;
  // Each call gives it its time anew. How long a reboot took is what the calendar says.
  const auto former = history_.attempts().find(call.token);
  if (former != history_.attempts().end() && !calendar_wrong_ &&
      ground_.turn.at - former->second.last_decided >= settings.token_reuse_limit) {
    wrong(call, "is asked for again though its token is too old");
  }
  if (record.doomed) wrong(call, "is asked for again though it is not wanted");
  if (record.mismatch) wrong(call, "is asked for again after a mismatch");
  const bool just_left = ground_.turn.at - left_ <= 2 * ground_.options.batching;
  const bool warm = warm_.most(call.pool) != 0;
  if (!history_.waits_for(call.pool) && !just_left && !warm)
    wrong(call, "is asked for again for nobody");
  const auto calls = calls_.find(call.token);
  if (calls == calls_.end() || !calls->second.answered) return;
  const Duration pause = ground_.turn.at - *calls->second.answered;
  if (pause >= settings.retry_delay_min) return;
  wrong(call, str("is asked for again after ", to_string(pause)));
}

Duration LaunchOrder::longest_delay(const LaunchToken& token, const Calls& calls) const {
  const core::Settings& settings = ground_.options.settings;
  const auto unsent = unsent_.find(token);
  const unsigned before = unsent != unsent_.end() ? unsent->second : 0;
  const unsigned doublings = std::min(before + calls.answers - 1, 16U);
  return std::min(settings.retry_delay_min * (std::int64_t{1} << doublings),
                  settings.retry_delay_max);
}

bool LaunchOrder::somebody_rises(const PoolName& pool) const {
  const auto& workers = store_.durable().workers;
  return std::any_of(workers.begin(), workers.end(), [&](const auto& entry) {
    return entry.second.pool == pool && entry.second.phase != core::WorkerPhase::kTerminating;
  });
}

// Of the launches of one pool only as many are asked for as its callers need.
bool LaunchOrder::others_will_do(const core::AttemptRecord& record) const {
  const auto& needs = history_.needs(record.pool);
  const bool of_use = std::any_of(needs.begin(), needs.end(),
                                  [&](const auto& entry) { return entry.first.fits(record); });
  if (!of_use) return true;
  const auto& attempts = store_.durable().attempts;
  return std::any_of(attempts.begin(), attempts.end(), [&](const auto& entry) {
    return entry.second.pool == record.pool && entry.first != record.token && !entry.second.doomed;
  });
}

// Whoever waits for an open launch waits for its next call, which comes after its back-off.
void LaunchOrder::turned() {
  if (history_.waiting().empty() || calls_.empty() || !memory_.cloud().settled()) return;
  if (memory_.stopping() || history_.commit_failing() || memory_.cloud().failing_since()) return;
  for (const auto& [token, record] : store_.durable().attempts) {
    const auto calls = calls_.find(token);
    if (record.doomed || record.mismatch || !history_.waits_for(record.pool)) continue;
    if (memory_.passed_over(record.pool, record.region)) {
      passed_over_[token] = ground_.turn.at;
      continue;
    }
    // It is looked at when it would have been asked for again, or by who comes next.
    const auto was = passed_over_.find(token);
    if (was != passed_over_.end() &&
        ground_.turn.at - was->second <= ground_.options.settings.retry_delay_max + seconds{2}) {
      continue;
    }
    const core::Settings& settings = ground_.options.settings;
    const Instant last_call = record.last_call.value_or(record.begun);
    if (ground_.turn.now.boot - last_call >= settings.token_reuse_limit) continue;
    if (somebody_rises(record.pool) || others_will_do(record) ||
        memory_.paced(ground_.options.settings.retry_delay_max)) {
      continue;
    }
    if (calls == calls_.end()) {
      // Not sent, perhaps, with keys that changed, or before it was known whose they are.
      const Moment since = std::max(uncalled_.try_emplace(token, ground_.turn.at).first->second,
                                    ground_.hears_since());
      if (ground_.turn.at - since <= settings.retry_delay_min + seconds{2}) continue;
      throw Violated(kLaunchOrderRule,
                     str("launch ", token.value, " is waited for, and was not called"));
    }
    if (!calls->second.answered || calls->second.answers == 0) continue;
    // What could not be written down was not called: that is tried again after a pause as well.
    const bool unwritten = failed_ && *failed_ >= *calls->second.answered;
    const Duration pause = ground_.turn.at - (unwritten ? *failed_ : *calls->second.answered);
    // What could not be written counts for the back-off as what was refused.
    const Duration longest =
        failed_ ? settings.retry_delay_max : longest_delay(token, calls->second);
    const Duration limit = longest + 4 * ground_.options.batching;
    if (pause <= limit + settings.retry_delay_min) continue;
    throw Violated(kLaunchOrderRule, str("launch ", token.value, " is not asked for again for ",
                                         to_string(pause), " (at most ", to_string(limit), ")"));
  }
}

void LaunchOrder::told(const core::Event& event) {
  const auto* answer = std::get_if<core::LaunchAnswered>(&event);
  if (answer == nullptr) return;
  const auto calls = calls_.find(answer->token);
  if (calls == calls_.end()) {
    ++unsent_[answer->token];  // with keys of which nobody knew whose they are
    return;
  }
  ++calls->second.answers;
  calls->second.answered = ground_.now();
}

}  // namespace cb::sim
