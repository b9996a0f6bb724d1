// Whether what callers are told of refused launches is so.

#include <algorithm>

#include "base/text.h"
#include "sim/checkers/true_words.h"

namespace cb::sim {

std::optional<bool> TrueWords::of_launches(const Said& said) const {
  if (said.get == nullptr) return {};
  const PoolName& pool = said.get->pool;
  if (said.text.starts_with("no capacity for pool ")) return no_capacity(said);
  if (said.text.find(" workers in a row never became ready (") != said.text.npos) {
    return breaker(said);
  }
  if (said.text.starts_with("launch ")) {
    const auto& attempts = store_.durable().attempts;
    return std::any_of(attempts.begin(), attempts.end(), [&](const auto& entry) {
      return entry.second.pool == pool && entry.second.mismatch &&
             said.text.starts_with(str("launch ", entry.first.value, ": "));
    });
  }
  const auto* block = memory_.block(pool);
  if (block == nullptr) return {};
  const bool named = said.text.starts_with(block->code) ||
                     (!block->message.empty() && said.text.starts_with(block->message));
  if (!named) return {};
  return ground_.now() - block->at <
         ground_.options.settings.denied_memory + 2 * ground_.options.batching + seconds{1};
}

// Every candidate of the plan is named, and failed as is said of it.
bool TrueWords::no_capacity(const Said& said) const {
  const PoolName& pool = said.get->pool;
  const std::string begin = str("no capacity for pool ", pool.value, " (");
  if (!said.text.starts_with(begin) || !said.text.ends_with(")")) return false;
  std::string_view rest = said.text.substr(begin.size());
  rest.remove_suffix(1);
  // A launch that left no instance has no reason yet.
  if (rest.empty()) return true;
  const core::Settings& settings = ground_.options.settings;
  auto missing = LaunchMemory::plan(settings.pools.at(pool), settings.region);
  const auto plan = missing;
  for (std::string_view item : split(rest, ';')) {
    item = trim(item);
    const auto candidate = std::find_if(plan.begin(), plan.end(), [&](const auto& one) {
      return item.starts_with(str(to_string(one), ": "));
    });
    if (candidate == plan.end()) return false;
    const std::string_view why = item.substr(to_string(*candidate).size() + 2);
    if (!candidate_failed(pool, *candidate, why)) return false;
    std::erase(missing, *candidate);
  }
  return missing.empty();
}

bool TrueWords::candidate_failed(const PoolName& pool, const core::Candidate& candidate,
                                 std::string_view why) const {
  if (why.empty()) return false;
  if (memory_.refused_for(pool, candidate, why)) return true;
  for (const LaunchMemory::Tried& tried : memory_.tried(pool)) {
    if (tried.candidate != candidate) continue;
    if (tried.why == why || why.starts_with("it was launched and has ended") ||
        why.starts_with("it left no instance") || why.starts_with("EC2 did not take it"))
      return true;
    const bool instance = tried.why.starts_with("i-") && why.starts_with(tried.why);
    if (instance) return true;
  }
  return false;
}

bool TrueWords::breaker(const Said& said) const {
  const auto count = parse_int(said.text.substr(0, said.text.find(' '))).value_or(-1);
  if (!memory_.breaker(said.get->pool)) return true;
  const LaunchMemory::Breaker breaker = *memory_.breaker(said.get->pool);
  const core::Settings& settings = ground_.options.settings;
  const bool counted = count >= static_cast<std::int64_t>(breaker.least) &&
                       count <= static_cast<std::int64_t>(breaker.most);
  if (!counted || !breaker.most_since || breaker.most < settings.boot_failures_max) return false;
  if (said.text.find(breaker.last) == said.text.npos) return false;
  const Duration left = settings.retry_after - (ground_.now() - *breaker.most_since);
  const auto wait = std::chrono::ceil<minutes>(left);
  return left > Duration{0} &&
         (!exact() || said.text.find(str("nothing is launched for ", to_string(Duration{wait}))) !=
                          said.text.npos);
}

}  // namespace cb::sim
