// Whether what callers are told of refused launches is so.

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "sim/checkers/configured.h"
#include "sim/checkers/needs.h"
#include "sim/checkers/true_words.h"

namespace cb::sim {
namespace {

using core::Candidate;
using core::FailureClass;

// Takes the names of candidates that `text` begins with, and the colon behind them.
std::vector<Candidate> take_names(std::string_view& text, const std::vector<Candidate>& plan,
                                  const core::Settings& settings) {
  std::string_view rest = text;
  std::vector<Candidate> out;
  for (;;) {
    const auto named = std::find_if(plan.begin(), plan.end(), [&](const Candidate& one) {
      const std::string name = LaunchMemory::name_of(settings, one);
      return rest.starts_with(str(name, ": ")) || rest.starts_with(str(name, ", "));
    });
    if (named == plan.end()) return {};
    out.push_back(*named);
    rest.remove_prefix(LaunchMemory::name_of(settings, *named).size());
    const bool last = rest.front() == ':';
    rest.remove_prefix(2);
    if (!last) continue;
    text = rest;
    return out;
  }
}

// How a sentence says that `refusal` was the answer, `age` ago; without the age where it may vary.
bool says(std::string_view text, const LaunchMemory::Refusal& refusal,
          std::optional<Duration> age) {
  const core::CloudFailure& failure = refusal.failure;
  std::string begin = failure.code;
  if (!failure.message.empty()) begin += str(": ", failure.message);
  if (begin.empty() || !text.starts_with(begin)) return false;
  text.remove_prefix(begin.size());
  if (text.starts_with(" (")) {  // what to do about it
    const auto end = text.find(')');
    const auto close = text.rfind(')');
    if (end == text.npos) return false;
    text.remove_prefix(close + 1);
  }
  if (!age) return text.empty() || text.starts_with(", asked ");
  const auto whole = std::chrono::floor<seconds>(*age);
  return text == (whole > seconds{0} ? str(", asked ", to_string(Duration{whole}), " ago") : "");
}

// "EC2 cannot be asked: ...", "EC2 in eu-west-1 answers no launch".
bool is_trouble(std::string_view text) {
  return text.starts_with("EC2") && (text.find(" cannot be asked") != text.npos ||
                                     text.find(" answers no launch") != text.npos);
}

}  // namespace

std::optional<Duration> TrueWords::age_of(const LaunchMemory::Refusal& refusal) const {
  if (!exact()) return {};
  return ground_.turn.at - refusal.at;
}

std::optional<bool> TrueWords::of_launches(const Said& said) const {
  if (said.get == nullptr) return {};
  if (history_.commit_failing()) return !said.text.empty();  // what it remembers is not written
  const PoolName& pool = said.get->pool;
  constexpr std::string_view kHeadlines[] = {"a quota is used up for pool ",
                                             "no capacity for pool ",
                                             "no worker could be launched for pool "};
  for (const std::string_view headline : kHeadlines) {
    if (said.text.starts_with(headline)) return nothing_left(said);
  }
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
  return blocked(said);
}

// "...; tried again in 12s": at the moment that it says, when nothing comes between.
bool TrueWords::next_try_is(std::string_view text, Moment next) const {
  const auto left = std::chrono::ceil<seconds>(next - ground_.turn.at);
  return !exact() || text == to_string(Duration{left});
}

// Whoever came after the reason was seen would have been kept until the next try, had that been
// soon enough for him and for next_try_wait.
bool TrueWords::told_too_early(const Said& said, Moment seen, Moment next) const {
  if (!exact() || said.asked <= seen || next <= ground_.turn.at) return false;
  const core::Settings& settings = ground_.options.settings;
  const Duration patience = said.get->wait.value_or(settings.wait_default);
  return next - ground_.turn.at <= settings.next_try_wait && said.asked + patience >= next;
}

std::optional<bool> TrueWords::blocked(const Said& said) const {
  const LaunchMemory::Refusal* const block = memory_.block(said.get->pool);
  constexpr std::string_view kAgain = "; tried again in ";
  const auto again = said.text.rfind(kAgain);
  if (again == said.text.npos) return {};
  if (block == nullptr) return memory_.unwritten() ? std::optional{true} : std::nullopt;
  if (!says(said.text.substr(0, again), *block, age_of(*block))) return {};
  const Moment until = memory_.until(*block);
  return ground_.turn.at < until + 2 * ground_.options.batching &&
         next_try_is(said.text.substr(again + kAgain.size()), until) &&
         !told_too_early(said, block->at, until);
}

// Every candidate of the plan is named, and failed as is said of it.
bool TrueWords::nothing_left(const Said& said) const {
  const PoolName& pool = said.get->pool;
  const std::string begin = str(" for pool ", pool.value, " (");
  constexpr std::string_view kAgain = "; tried again in ";
  const auto at = said.text.find(begin);
  const auto again = said.text.rfind(str(")", kAgain));
  const auto end = again != said.text.npos ? again : said.text.rfind(')');
  if (at == said.text.npos || end == said.text.npos) return false;
  Reasons reasons;
  const std::string_view text = said.text.substr(at + begin.size(), end - at - begin.size());
  if (memory_.unwritten()) return !text.empty();
  if (!reasons_hold(*said.get, text, reasons) || !reasons.missing.empty()) return false;
  const std::string_view headline = reasons.quota == reasons.items ? "a quota is used up"
                                    : reasons.tried == 0 && reasons.capacity != 0 &&
                                            reasons.capacity + reasons.quota == reasons.items
                                        ? "no capacity"
                                        : "no worker could be launched";
  if (said.text.substr(0, at) != headline) return false;
  if (again == said.text.npos && reasons.cut_off == reasons.items) return true;
  // Who came after something was tried in vain has it all tried anew.
  if (again == said.text.npos) {
    return reasons.tried != 0 && (!exact() || said.asked <= reasons.latest);
  }
  const auto none = memory_.nothing_left(pool, core::need_of(*said.get));
  if (!none) return !exact();
  const Moment next = none->until;
  return reasons.tried == 0 && next_try_is(said.text.substr(again + 1 + kAgain.size()), next) &&
         !told_too_early(said, reasons.latest, next);
}

// "c7i.16xlarge spot, c6i.16xlarge spot: WHY; c7i.16xlarge on-demand: WHY; i-1 was stopped ...".
bool TrueWords::reasons_hold(const core::GetWorker& get, std::string_view text,
                             Reasons& out) const {
  const core::Settings& settings = ground_.options.settings;
  const PoolName& pool = get.pool;
  core::Need need = core::need_of(get);
  const auto plan = LaunchMemory::plan(settings, settings.pools.at(pool), need);
  // What was tried before the market was edited has its name all the same.
  std::vector<Candidate> names;
  for (const auto market : {core::MarketOrder::kSpot, core::MarketOrder::kOnDemand}) {
    core::PoolSettings edited = settings.pools.at(pool);
    edited.market = market;
    std::ranges::move(LaunchMemory::plan(settings, edited, {}), std::back_inserter(names));
    std::ranges::move(LaunchMemory::plan(settings, edited, need), std::back_inserter(names));
  }
  out.missing = plan;
  const auto& events = memory_.taken_away(pool);
  while (!text.empty()) {
    std::string_view rest = text;
    const std::vector<Candidate> of = take_names(rest, names, settings);
    // As far as the next one begins.
    auto end = rest.find("; ");
    for (; end != rest.npos; end = rest.find("; ", end + 1)) {
      std::string_view behind = rest.substr(end + 2);
      if (behind.starts_with("i-") || !take_names(behind, names, settings).empty()) break;
    }
    const std::string_view why = rest.substr(0, end);
    if (of.empty() && std::find(events.begin(), events.end(), why) == events.end()) return false;
    for (const Candidate& one : of) {
      if (!failed(pool, one, why, out)) return false;
      std::erase(out.missing, one);
    }
    text = end == rest.npos ? std::string_view{} : rest.substr(end + 2);
  }
  return true;
}

bool TrueWords::failed(const PoolName& pool, const Candidate& candidate, std::string_view why,
                       Reasons& out) const {
  ++out.items;
  bool was_tried = false;
  Moment latest{};  // of whatever became of it
  for (const LaunchMemory::Tried& tried : memory_.tried(pool)) {
    if (tried.candidate != candidate || tried.why.empty()) continue;
    was_tried = was_tried || tried.why == why;
    latest = std::max(latest, tried.at);
  }
  if (was_tried) {
    ++out.tried;
    out.latest = std::max(out.latest, latest);
    return true;
  }
  if (is_trouble(why)) {
    ++out.cut_off;
    return memory_.cloud().may_be_passed_over(candidate.region) ||
           memory_.cloud().trouble_since(lately());
  }
  // Two within a second read alike: it is the later one that is told.
  const LaunchMemory::Refusal* said = nullptr;
  for (const LaunchMemory::Refusal* refusal : memory_.against(pool, candidate)) {
    const Moment until = memory_.until(*refusal) + 2 * ground_.options.batching;
    if (ground_.turn.at >= until || !says(why, *refusal, age_of(*refusal))) continue;
    if (said == nullptr || said->at < refusal->at) said = refusal;
  }
  if (said == nullptr) return false;
  out.latest = std::max(out.latest, said->at);
  out.capacity += said->failure.what == FailureClass::kCapacity ? 1 : 0;
  out.quota += said->failure.what == FailureClass::kQuota ? 1 : 0;
  return true;
}

// "c7i.16xlarge spot, c6i.16xlarge spot: CODE; c7a.16xlarge spot: i-1 not ready ...": of each that
// comes before `candidate` what EC2 said of it, or what became of it.
bool TrueWords::those_before_were_refused(const core::GetWorker& get, const Candidate& candidate,
                                          std::string_view text) const {
  const core::Settings& settings = ground_.options.settings;
  const PoolName& pool = get.pool;
  std::vector<Candidate> before =
      LaunchMemory::plan(settings, settings.pools.at(pool), core::need_of(get));
  before.erase(std::find(before.begin(), before.end(), candidate), before.end());
  while (!text.empty()) {
    const std::vector<Candidate> named = take_names(text, before, settings);
    if (named.empty()) return false;
    std::size_t end = text.find("; ");
    while (end != text.npos) {
      std::string_view behind = text.substr(end + 2);
      if (!take_names(behind, before, settings).empty()) break;
      end = text.find("; ", end + 2);
    }
    const std::string_view why = text.substr(0, end);
    for (const Candidate& one : named) {
      const auto refusals = memory_.against(pool, one);
      const auto& tried = memory_.tried(pool);
      const bool so =
          (is_trouble(why) && (memory_.cloud().may_be_passed_over(one.region) ||
                               memory_.cloud().trouble_since(lately()))) ||
          std::any_of(refusals.begin(), refusals.end(),
                      [&](const auto* refusal) { return refusal->failure.code == why; }) ||
          std::any_of(tried.begin(), tried.end(), [&](const auto& one_try) {
            return one_try.candidate == one && one_try.why == why;
          });
      if (!so && !memory_.unwritten()) return false;
    }
    text = end == text.npos ? std::string_view{} : text.substr(end + 2);
  }
  return true;
}

bool TrueWords::launching(const core::GetWorker& get, std::string_view text) const {
  const auto so = [&](const core::AttemptRecord& record) {
    const core::Candidate candidate{record.region, record.market, record.type, "", record.subnet};
    const std::string name = LaunchMemory::name_of(ground_.options.settings, candidate);
    if (record.pool != get.pool || record.doomed || !text.starts_with(name)) return false;
    std::string_view rest = text.substr(name.size());
    const auto since = rest.rfind(", since ");
    if (since != rest.npos) {
      if (!those_before_were_refused(get, candidate, rest.substr(since + 8))) return false;
      rest = rest.substr(0, since);
    }
    return rest.empty() || (rest.starts_with(" (") && rest.size() > 3);
  };
  const auto& attempts = store_.durable().attempts;
  return !exact() || std::any_of(dropped_.begin(), dropped_.end(), so) ||
         std::any_of(attempts.begin(), attempts.end(),
                     [&](const auto& entry) { return so(entry.second); });
}

// Nothing stands in its way, and nothing else is launched but by this turn, after it was said.
bool TrueWords::about_to_launch(const core::GetWorker& get, std::string_view text) const {
  const core::Settings& settings = ground_.options.settings;
  const PoolName& pool = get.pool;
  const core::Need need = core::need_of(get);
  const auto plan = LaunchMemory::plan(settings, settings.pools.at(pool), need);
  const auto named = std::find_if(plan.begin(), plan.end(), [&](const auto& one) {
    return LaunchMemory::name_of(settings, one) == text;
  });
  if (named == plan.end()) return false;
  if (!exact()) return true;
  for (const auto* refusal : memory_.against(pool, *named)) {
    if (ground_.turn.at < memory_.until(*refusal)) return false;
  }
  const auto& attempts = store_.durable().attempts;
  return std::none_of(attempts.begin(), attempts.end(), [&](const auto& entry) {
    const core::AttemptRecord& record = entry.second;
    return record.pool == pool && !record.doomed && need.fits(record) &&
           record.begun < ground_.turn.now.boot;
  });
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
  const Moment until = *breaker.most_since + settings.retry_after;
  const auto wait = std::chrono::ceil<minutes>(until - ground_.turn.at);
  if (ground_.turn.at >= until || told_too_early(said, *breaker.most_since, until)) return false;
  return !exact() || said.text.find(str("nothing is launched for ", to_string(Duration{wait}))) !=
                         said.text.npos;
}

// Its idle time is over, or it ends for that.
bool TrueWords::somebody_is_idle() const {
  const auto& workers = store_.durable().workers;
  return std::any_of(workers.begin(), workers.end(), [&](const auto& entry) {
    return idle_is_over(ground_.options.settings, entry.second, ground_.turn.now.boot);
  });
}

}  // namespace cb::sim
