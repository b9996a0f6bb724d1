#include "sim/checkers/launch_memory.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "core/advice/cloud_error.h"
#include "sim/checkers/configured.h"
#include "sim/cloud/sim_cloud.h"

namespace cb::sim {

using core::FailureClass;
using core::WorkerPhase;

namespace {

template <class Record>
core::Candidate of(const Record& record) {
  return {record.region, record.market, record.type, "", record.subnet};
}

// The empty one is EC2's to choose.
std::vector<std::string> subnets_in(const core::PoolSettings& pool, const std::string& region) {
  const auto own = pool.region_subnets.find(region);
  const auto& subnets = own != pool.region_subnets.end() ? own->second : pool.subnets;
  return subnets.empty() ? std::vector<std::string>{""} : subnets;
}

}  // namespace

core::Candidate LaunchMemory::candidate(const LaunchCall& call) const {
  const auto subnet = call.form.fields.find("SubnetId");
  return {call.region, call.form.market, call.form.type, "",
          subnet == call.form.fields.end() ? "" : subnet->second};
}

std::string LaunchMemory::name_of(const core::Settings& settings,
                                  const core::Candidate& candidate) {
  if (candidate.region == settings.region) return to_string(candidate);
  return str(to_string(candidate), candidate.subnet.empty() ? " in " : " of ", candidate.region);
}

std::vector<core::Candidate> LaunchMemory::plan(const core::Settings& settings,
                                                const core::PoolSettings& pool,
                                                const core::Need& need) {
  std::vector<core::Candidate> out;
  const auto add = [&](const std::string& region, core::Market market, const std::string& type) {
    const bool other_type = need.type && *need.type != type;
    if (other_type || (need.market && need.market != market)) return;
    if (need.region && *need.region != region) return;
    for (const std::string& subnet : subnets_in(pool, region)) {
      out.push_back({region, market, type, "", subnet});
    }
  };
  const bool spot = pool.market != core::MarketOrder::kOnDemand;
  const auto regions =
      pool.regions.empty() ? std::vector<std::string>{settings.region} : pool.regions;
  for (const std::string& region : regions) {
    for (const std::string& type : pool.instance_types) {
      add(region, spot ? core::Market::kSpot : core::Market::kOnDemand, type);
    }
    if (pool.market == core::MarketOrder::kSpotThenOnDemand) {
      add(region, core::Market::kOnDemand, need.type.value_or(pool.instance_types.front()));
    }
  }
  return out;
}

bool LaunchMemory::passed_over(const PoolName& name, const std::string& region) const {
  if (cloud_.cut_off(region)) return true;
  const auto pool = ground_.options.settings.pools.find(name);
  if (pool == ground_.options.settings.pools.end()) return false;
  return cloud_.may_be_passed_over(region) &&
         std::ranges::any_of(pool->second.regions, [&](const std::string& other) {
           return other != region && cloud_.listed(other) && !cloud_.may_be_passed_over(other) &&
                  something_left_in(name, other);
         });
}

bool LaunchMemory::something_left_in(const PoolName& name, const std::string& region) const {
  const core::Settings& settings = ground_.options.settings;
  const auto all = plan(settings, settings.pools.at(name), {.region = region});
  return std::ranges::any_of(all, [&](const core::Candidate& one) {
    const auto refusals = against(name, one);
    return std::ranges::none_of(refusals,
                                [&](const auto* why) { return ground_.turn.at < until(*why); }) &&
           std::ranges::none_of(tried(name), [&](const auto& was) {
             return was.candidate == one && !was.why.empty();
           });
  });
}

const std::vector<LaunchMemory::Tried>& LaunchMemory::tried(const PoolName& pool) const {
  static const std::vector<Tried> none;
  const auto found = tried_.find(pool);
  return found == tried_.end() ? none : found->second;
}

const std::vector<std::string>& LaunchMemory::taken_away(const PoolName& pool) const {
  static const std::vector<std::string> none;
  const auto found = taken_away_.find(pool);
  return found == taken_away_.end() ? none : found->second;
}

// All types of a world count towards one quota of vCPUs for each market; disks towards one for all.
static bool concerns(const LaunchMemory::Refusal& refusal, const PoolName& pool,
                     const core::Candidate& candidate) {
  switch (refusal.failure.what) {
    case FailureClass::kCapacity:
      return refusal.candidate == candidate;
    case FailureClass::kQuota:
      return refusal.candidate.region == candidate.region &&
             (refusal.failure.code == "Client.VolumeLimitExceeded" ||
              refusal.candidate.market == candidate.market);
    default:
      return refusal.candidate == candidate && refusal.pool == pool;
  }
}

std::vector<const LaunchMemory::Refusal*> LaunchMemory::against(
    const PoolName& pool, const core::Candidate& candidate) const {
  std::vector<const Refusal*> out;
  for (const Refusal& one : refusals_) {
    if (concerns(one, pool, candidate)) out.push_back(&one);
  }
  return out;
}

Moment LaunchMemory::until(const Refusal& refusal) const {
  const core::Settings& settings = ground_.options.settings;
  switch (refusal.failure.what) {
    case FailureClass::kCapacity:
      return refusal.at + settings.capacity_memory;
    case FailureClass::kQuota:
      return refusal.at + settings.quota_memory;
    default:
      return refusal.at + settings.denied_memory;
  }
}

bool LaunchMemory::refused_for(const PoolName& pool, const core::Candidate& candidate) const {
  const auto came = came_.find(pool);
  const Moment since = came == came_.end() ? ground_.turn.at : came->second;
  const auto all = against(pool, candidate);
  return std::any_of(all.begin(), all.end(), [&](const Refusal* one) {
    return since <= until(*one) + 2 * ground_.options.batching;
  });
}

std::optional<LaunchMemory::Obstacle> LaunchMemory::nothing_left(const PoolName& pool,
                                                                 const core::Need& need) const {
  const core::Settings& settings = ground_.options.settings;
  std::optional<Obstacle> out;
  for (const core::Candidate& one : plan(settings, settings.pools.at(pool), need)) {
    if (passed_over(pool, one.region)) continue;  // of all of them others see
    Obstacle it{};
    for (const Refusal* refusal : against(pool, one)) {
      if (until(*refusal) >= it.until) it = {refusal->at, until(*refusal)};  // which lasts longest
    }
    if (it.until + 2 * ground_.options.batching <= ground_.turn.at) return {};
    if (!out) out = it;
    out = {std::max(out->seen, it.seen), std::min(out->until, it.until)};
  }
  return out;
}

std::vector<LaunchMemory::Obstacle> LaunchMemory::obstacles(const PoolName& pool,
                                                            const core::Need& need) const {
  const core::Settings& settings = ground_.options.settings;
  const Duration late = 2 * ground_.options.batching;
  std::vector<Obstacle> out;
  if (const auto none = nothing_left(pool, need)) out.push_back(*none);
  if (const Refusal* refusal = block(pool)) out.push_back({refusal->at, until(*refusal)});
  const auto breaker = this->breaker(pool);
  if (breaker && breaker->most_since) {
    out.push_back({*breaker->most_since, *breaker->most_since + settings.retry_after});
  }
  std::vector<Instant> launches;
  for (const auto& [token, stamp] : store_.durable().stamps) launches.push_back(stamp.at);
  const std::size_t limit = settings.launches_per_hour_max;
  if (limit != 0 && launches.size() >= limit) {
    std::sort(launches.begin(), launches.end());
    const auto at = [&](Instant when) { return ground_.turn.at - (ground_.turn.now.boot - when); };
    out.push_back({at(launches.back()), at(launches[launches.size() - limit] + hours{1})});
  }
  std::erase_if(out, [&](const Obstacle& one) { return one.until + late <= ground_.turn.at; });
  return out;
}

const LaunchMemory::Refusal* LaunchMemory::block(const PoolName& pool) const {
  const auto found = blocks_.find(pool);
  return found == blocks_.end() ? nullptr : &found->second;
}

std::optional<LaunchMemory::Breaker> LaunchMemory::breaker(const PoolName& pool) const {
  if (unwritten_) return {};
  const auto found = breakers_.find(pool);
  return found == breakers_.end() ? Breaker{} : found->second;
}

// What was tried counts for those who waited then: an empty room begins anew.
void LaunchMemory::asked(CallerId, const core::Request& request) {
  if (const auto* get = std::get_if<core::GetWorker>(&request)) {
    if (history_.waits_for(get->pool)) return;
    tried_[get->pool].clear();
    taken_away_[get->pool].clear();
    came_[get->pool] = ground_.now();
  } else if (std::holds_alternative<core::TerminateAll>(request)) {
    all_ended_ = ground_.now();
  }
}

bool LaunchMemory::paced(Duration late) const {
  const core::Settings& settings = ground_.options.settings;
  const Duration limit = static_cast<int>(settings.launch_burst) * settings.launch_interval + late;
  const std::size_t burst = settings.launch_burst;
  return calls_.size() >= burst && ground_.turn.at - calls_[calls_.size() - burst] <= limit;
}

void LaunchMemory::launch_called(const LaunchCall& call) {
  calls_.push_back(ground_.turn.at);
  if (!called_.insert(call.token).second) return;
  const core::Candidate it = candidate(call);
  launches_[call.token] = {call.pool, it};
  tried_[call.pool].push_back({it, "", ground_.turn.at});
}

void LaunchMemory::told(const core::Event& event) {
  if (const auto* launch = std::get_if<core::LaunchAnswered>(&event)) {
    const auto* failure = std::get_if<core::CloudFailure>(&launch->result);
    if (failure != nullptr) launch_refused(launch->token, *failure);
    // One that was not sent counts as a call where it was decided.
    const bool unsent = failure != nullptr && failure->what == FailureClass::kUnreachable;
    if (unsent) calls_.push_back(ground_.now());
  } else if (const auto* stop = std::get_if<core::StopRequested>(&event)) {
    stopping_ = true;
    if (stop->terminate_workers) all_ended_ = ground_.now();
  } else if (std::holds_alternative<core::SettingsChanged>(event)) {
    refusals_.clear();
    blocks_.clear();
    breakers_.clear();
  }
}

void LaunchMemory::remember(Refusal refusal) {
  switch (refusal.failure.what) {
    case FailureClass::kCapacity:
    case FailureClass::kQuota:
    case FailureClass::kUnexpected:
    case FailureClass::kNotYetVisible:
      std::erase_if(refusals_,
                    [&](const Refusal& old) { return ground_.now() - old.at > hours{1}; });
      return refusals_.push_back(std::move(refusal));
    case FailureClass::kDenied:
    case FailureClass::kBadConfig:
      if (!refuse_subnet(refusal) && !refuse_region(refusal)) blocks_[refusal.pool] = refusal;
      return;
    case FailureClass::kTokenEnded:
      return tried_[refusal.pool].push_back(
          {refusal.candidate, "it was launched and has ended already", ground_.now()});
    case FailureClass::kThrottle:
    case FailureClass::kUnreachable:
    case FailureClass::kUnknownOutcome:
    case FailureClass::kTokenMismatch:
      return;  // it is asked for again, or looked up
  }
}

// Of a pool that launches in others as well: a subnet that gives its machines no address.
bool LaunchMemory::refuse_subnet(const Refusal& refusal) {
  const core::Settings& settings = ground_.options.settings;
  const core::PoolSettings& pool = settings.pools.at(refusal.pool);
  const std::string& subnet = refusal.candidate.subnet;
  const auto subnets = subnets_in(pool, refusal.candidate.region);
  if (refusal.failure.code != "no address" || subnets.size() < 2) return false;
  if (std::ranges::count(subnets, subnet) == 0) return false;
  for (const std::string& type : pool.instance_types) {
    for (const core::Market market : {core::Market::kSpot, core::Market::kOnDemand}) {
      refusals_.push_back(refusal);
      refusals_.back().candidate = {refusal.candidate.region, market, type, "", subnet};
    }
  }
  return true;
}

// Of a pool that launches in others as well: what it names is not known there.
bool LaunchMemory::refuse_region(const Refusal& refusal) {
  const core::PoolSettings& pool = ground_.options.settings.pools.at(refusal.pool);
  const std::string& region = refusal.candidate.region;
  if (pool.regions.size() < 2 || std::ranges::count(pool.regions, region) == 0) return false;
  for (const std::string& type : pool.instance_types) {
    for (const core::Market market : {core::Market::kSpot, core::Market::kOnDemand}) {
      for (const std::string& subnet : subnets_in(pool, region)) {
        refusals_.push_back(refusal);
        refusals_.back().candidate = {region, market, type, "", subnet};
      }
    }
  }
  return true;
}

void LaunchMemory::launch_refused(const LaunchToken& token, const core::CloudFailure& failure) {
  const auto attempt = store_.durable().attempts.find(token);
  if (attempt == store_.durable().attempts.end()) return;  // settled before
  const core::AttemptRecord& record = attempt->second;
  using enum FailureClass;
  const bool of_what_there_is = failure.what == kCapacity || failure.what == kQuota;
  // What is configured no more says nothing of what is.
  if (!of_what_there_is && !configured(ground_.options.settings, record)) return;
  remember({record.pool, of(record), failure, ground_.now(), true});
}

void LaunchMemory::committed(const std::vector<core::Change>& changes) {
  for (const core::Change& change : changes) {
    if (const auto* attempt = std::get_if<core::AttemptRecord>(&change)) {
      launches_[attempt->token] = {attempt->pool, of(*attempt)};
    } else if (const auto* closed = std::get_if<core::ClosedAttempt>(&change)) {
      const auto launch = launches_.find(closed->token);
      if (launch == launches_.end()) continue;
      tried_[launch->second.first].push_back(
          {launch->second.second, "it left no instance, and EC2 did not say why", ground_.turn.at});
    }
    const auto* record = std::get_if<core::WorkerRecord>(&change);
    if (record == nullptr) continue;
    const auto [phase, first] = phases_.try_emplace(record->id, record->phase);
    const bool booted = !first && phase->second == WorkerPhase::kBooting;
    phase->second = record->phase;
    if (booted && record->phase != WorkerPhase::kBooting) boot_over(*record);
  }
}

void LaunchMemory::boot_over(const core::WorkerRecord& record) {
  Breaker& breaker = breakers_[record.pool];
  if (record.phase == WorkerPhase::kReady) {
    breaker = {};
    blocks_.erase(record.pool);
    tried_[record.pool].clear();
    taken_away_[record.pool].clear();
    return;
  }
  const core::Candidate it = of(record);
  const Instance* const instance =
      history_.life(record.id) != nullptr ? history_.life(record.id)->instance : nullptr;
  const std::string& why = record.end_reason;
  const bool stopped = why.starts_with("was stopped");
  if (stopped || why.starts_with("was ended by somebody")) {
    return taken_away_[record.pool].push_back(
        str(record.id.value, stopped ? " was stopped by somebody while it booted"
                                     : " was terminated by somebody while it booted"));
  }
  const bool by_ec2 = why.starts_with("was ended by ") && instance != nullptr;
  const bool no_address = why.starts_with("it runs");
  if (!by_ec2 && !no_address && !why.starts_with("not ready within") &&
      why != "has shut itself down") {
    return;
  }
  const std::string code = by_ec2 ? instance->reason_code : no_address ? "no address" : "";
  const FailureClass what = by_ec2       ? core::classify(code, 0)
                            : no_address ? FailureClass::kBadConfig
                                         : FailureClass::kUnexpected;
  const bool cloud_has_none = what == FailureClass::kCapacity || what == FailureClass::kQuota;
  if (cloud_has_none || what == FailureClass::kBadConfig) {
    remember({record.pool, it, {what, code, why}, ground_.turn.at, false});
  } else {
    tried_[record.pool].push_back({it, str(record.id.value, " ", why), ground_.turn.at});
  }
  if (!cloud_has_none) count(breaker, record);
}

void LaunchMemory::count(Breaker& breaker, const core::WorkerRecord& record) {
  const std::size_t limit = ground_.options.settings.boot_failures_max;
  const bool doubtful = cloud_.just_listed();
  if (cloud_.failing_in(record.region) && !doubtful) return;
  breaker.last = doubtful ? "" : str(record.id.value, " ", record.end_reason);
  if (++breaker.most >= limit) breaker.most_since = ground_.turn.at;
  if (!doubtful && ++breaker.least >= limit) breaker.least_since = ground_.turn.at;
}

void LaunchMemory::started(const BrokerStart& start) {
  started_ = ground_.turn.at;
  unwritten_ = history_.commit_failing();
  for (const auto& [id, record] : start.held.workers) phases_[id] = record.phase;
  for (const auto& [token, record] : start.held.attempts) {
    launches_[token] = {record.pool, of(record)};
  }
}

void LaunchMemory::went_down() {
  tried_.clear();
  taken_away_.clear();
  refusals_.clear();
  blocks_.clear();
  breakers_.clear();
  phases_.clear();
  stopping_ = false;
  all_ended_.reset();
}

}  // namespace cb::sim
