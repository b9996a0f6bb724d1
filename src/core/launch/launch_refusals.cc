// Why nothing is launched for those who wait, and what they are told then.

#include <algorithm>

#include "base/text.h"
#include "core/advice/cloud_advice.h"
#include "core/launch/launcher.h"

namespace cb::core {
namespace {

// What stands before the reasons: never "no capacity" of what is none.
std::string headline(const PoolName& pool, std::size_t refusals, std::size_t capacity,
                     std::size_t quota, std::size_t all) {
  if (quota == all) return str("a quota is used up for pool ", pool.value);
  if (refusals == all && capacity != 0 && capacity + quota == all) {
    return str("no capacity for pool ", pool.value);
  }
  return str("no worker could be launched for pool ", pool.value);
}

bool is_capacity(const CloudFailure& failure) {
  return failure.what == FailureClass::kCapacity && !failure.code.ends_with("Unsupported");
}

// The same sentence of several candidates is said once.
std::string told_together(const std::vector<std::pair<std::string, std::string>>& items) {
  std::vector<std::string> parts;
  for (auto item = items.begin(); item != items.end(); ++item) {
    const auto same = [&](const auto& other) { return other.second == item->second; };
    if (std::any_of(items.begin(), item, same)) continue;
    std::vector<std::string> names;
    for (const auto& [name, text] : items) {
      if (text == item->second) names.push_back(name);
    }
    parts.push_back(str(join(names, ", "), ": ", item->second));
  }
  return join(parts, "; ");
}

}  // namespace

NoLaunch Launcher::now_and_until_somebody_acts(RefusalReason reason, std::string why) const {
  return {.reason = reason,
          .why = std::move(why),
          .seen = step_.now.boot,
          .next_try = {},
          .anew = false};
}

std::string Launcher::said(const Refusal& refusal, const PoolName& pool,
                           const Candidate& candidate) const {
  std::string text = describe(refusal.failure, {.pool = pool.value,
                                                .region = candidate.region,
                                                .type = candidate.type,
                                                .market = candidate.market});
  const auto age = std::chrono::floor<seconds>(step_.now.boot - refusal.at);
  if (age > seconds{0}) text += str(", asked ", to_string(Duration{age}), " ago");
  return text;
}

std::optional<NoLaunch> Launcher::forbidden(const PoolName& name) const {
  const Instant now = step_.now.boot;
  if (!step_.save_trouble.empty()) {
    return NoLaunch{RefusalReason::kJournal, step_.save_trouble, step_.save_trouble_at,
                    step_.save_trouble_at + step_.settings.save_retry_interval};
  }
  const PoolSettings& pool = *step_.pool(name);
  if (pool.image_in(step_.settings.regions_of(pool).front()).empty()) {
    return now_and_until_somebody_acts(
        RefusalReason::kConfiguration,
        str("[pool.", name.value, "] image is not set: nothing can be launched until the ",
            "configuration names an AMI"));
  }
  if (pool.instance_types.empty()) {
    return now_and_until_somebody_acts(
        RefusalReason::kConfiguration,
        str("[pool.", name.value, "] instance_types is empty: there is nothing to launch"));
  }
  const auto block = blocks_.find(name);
  if (block != blocks_.end() && now < block->second.until) {
    const std::string& region = step_.settings.regions_of(pool).front();
    const Candidate any{region, Market::kSpot, pool.instance_types.front()};
    const auto left = std::chrono::ceil<seconds>(block->second.until - now);
    return NoLaunch{
        RefusalReason::kConfiguration,
        str(said(block->second, name, any), "; tried again in ", to_string(Duration{left})),
        block->second.at, block->second.until};
  }
  if (const auto breaker = limits_.breaker_open(name)) {
    return NoLaunch{RefusalReason::kBreaker, breaker->why, breaker->since, breaker->until};
  }
  return {};
}

std::optional<Candidate> Launcher::next_candidate(const PoolName& name, const Need& need) const {
  const auto search = searches_.find(name);
  for (const Candidate& candidate : candidates(step_.settings, *step_.pool(name), need)) {
    if (passed_over(name, candidate.region)) continue;
    if (search != searches_.end() && search->second.tried.contains(candidate)) continue;
    if (!capacity_.unavailable(name, candidate, step_.now.boot)) return candidate;
  }
  return {};
}

NoLaunch Launcher::nothing_left(const PoolName& name, const Need& need) const {
  const Instant now = step_.now.boot;
  const auto found = searches_.find(name);
  const Search search = found != searches_.end() ? found->second : Search{};
  NoLaunch out{
      .reason = RefusalReason::kNoCapacity, .why = {}, .seen = search.latest, .next_try = {}};
  std::vector<std::pair<std::string, std::string>> items;
  std::size_t refusals = 0, capacity = 0, quota = 0, unreachable_ones = 0;
  for (const Candidate& candidate : candidates(step_.settings, *step_.pool(name), need)) {
    const auto tried = search.tried.find(candidate);
    const auto refusal = capacity_.unavailable(name, candidate, now);
    if (tried != search.tried.end()) {
      out.anew = true;
      items.emplace_back(name_of(candidate), tried->second);
    }
    if (tried == search.tried.end() && passed_over(name, candidate.region)) {
      ++unreachable_ones;
      items.emplace_back(name_of(candidate), why_passed_over(candidate.region));
      continue;
    }
    if (tried != search.tried.end() || !refusal) continue;
    ++refusals;
    capacity += is_capacity(refusal->failure) ? 1 : 0;
    quota += refusal->failure.what == FailureClass::kQuota ? 1 : 0;
    items.emplace_back(name_of(candidate), said(*refusal, name, candidate));
    out.seen = std::max(out.seen, refusal->at);
    out.next_try = std::min(out.next_try.value_or(refusal->until), refusal->until);
  }
  if (unreachable_ones != 0 && unreachable_ones == items.size()) {
    out.reason = RefusalReason::kCloud;
    out.seen = now;
  }
  if (items.empty()) {
    return now_and_until_somebody_acts(
        RefusalReason::kNoPoolFits,
        str("pool ", name.value, " does not offer any more what ", "was asked for; ask again"));
  }
  std::string reasons = told_together(items);
  for (const std::string& event : search.happened) reasons += str("; ", event);
  out.why = str(headline(name, refusals, capacity, quota, items.size()), " (", reasons, ")");
  if (!out.anew && out.next_try) {
    const auto left = std::chrono::ceil<seconds>(*out.next_try - now);
    out.why += str("; tried again in ", to_string(Duration{left}));
  }
  return out;
}

// Of the candidates that come before `candidate`, in short: who waits wants to know what it is
// about.
std::string Launcher::why_not_those_before(const PoolName& name, const Need& need,
                                           const Candidate& candidate) const {
  const auto search = searches_.find(name);
  std::vector<std::pair<std::string, std::string>> items;
  const PoolSettings* const pool = step_.pool(name);
  if (pool == nullptr) return {};
  for (const Candidate& one : candidates(step_.settings, *pool, need)) {
    if (one == candidate) break;
    const auto refusal = capacity_.unavailable(name, one, step_.now.boot);
    const bool tried = search != searches_.end() && search->second.tried.contains(one);
    if (one.region != candidate.region && passed_over(name, one.region)) {
      const bool asked = !cut_off(one.region) && answers_no_launch(one.region);
      items.emplace_back(name_of(one), asked ? "EC2 answers no launch" : "EC2 cannot be asked");
    } else if (refusal) {
      items.emplace_back(name_of(one), refusal->failure.code);
    } else if (tried) {
      items.emplace_back(name_of(one), search->second.tried.at(one));
    }
  }
  return told_together(items);
}

std::string Launcher::story(const PoolName& pool, const Need& need) const {
  const auto search = searches_.find(pool);
  if (search == searches_.end()) return {};
  std::vector<std::string> parts = search->second.happened;
  for (const auto& [candidate, fate] : search->second.tried) {
    if (!need.fits(candidate)) continue;
    parts.push_back(str(name_of(candidate), ": ", fate));
  }
  return join(parts, "; ");
}

}  // namespace cb::core
