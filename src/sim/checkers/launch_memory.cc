#include "sim/checkers/launch_memory.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "core/advice/cloud_error.h"
#include "sim/cloud/sim_cloud.h"
#include "sim/run/form.h"

namespace cb::sim {

using core::FailureClass;
using core::WorkerPhase;

core::Candidate LaunchMemory::candidate(const LaunchCall& call) {
  const LaunchForm form = read_launch(call.body);
  return {call.region, form.market, form.type, ""};
}

std::vector<core::Candidate> LaunchMemory::plan(const core::PoolSettings& pool,
                                                const std::string& region) {
  std::vector<core::Candidate> out;
  const auto add = [&](core::Market market, const std::string& type) {
    out.push_back({region, market, type, ""});
  };
  const bool spot = pool.market != core::MarketOrder::kOnDemand;
  for (const std::string& type : pool.instance_types) {
    add(spot ? core::Market::kSpot : core::Market::kOnDemand, type);
  }
  if (pool.market == core::MarketOrder::kSpotThenOnDemand) {
    add(core::Market::kOnDemand, pool.instance_types.front());
  }
  return out;
}

bool LaunchMemory::listing_failed_with(std::string_view text) const {
  return std::any_of(listing_codes_.begin(), listing_codes_.end(), [&](const std::string& code) {
    return !code.empty() && text.starts_with(code);
  });
}

const std::vector<LaunchMemory::Tried>& LaunchMemory::tried(const PoolName& pool) const {
  static const std::vector<Tried> none;
  const auto found = tried_.find(pool);
  return found == tried_.end() ? none : found->second;
}

template <class Map, class Key>
static const LaunchMemory::Refusal* latest_refusal(const Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second.back();
}

bool LaunchMemory::refused_for(const PoolName& pool, const core::Candidate& candidate,
                               std::string_view code) const {
  const core::Settings& settings = ground_.options.settings;
  const auto came = came_.find(pool);
  const Moment since = came == came_.end() ? ground_.now() : came->second;
  const auto remembered = [&](const auto& map, const auto& key, Duration memory) {
    const auto found = map.find(key);
    if (found == map.end()) return false;
    return std::any_of(found->second.begin(), found->second.end(), [&](const Refusal& one) {
      return (code.empty() || one.code == code) &&
             since - one.at <= memory + 2 * ground_.options.batching;
    });
  };
  return remembered(capacity_, candidate, settings.capacity_memory) ||
         remembered(quota_, candidate.market, settings.quota_memory);
}

const LaunchMemory::Refusal* LaunchMemory::capacity(const core::Candidate& candidate) const {
  return latest_refusal(capacity_, candidate);
}
const LaunchMemory::Refusal* LaunchMemory::quota(core::Market market) const {
  return latest_refusal(quota_, market);
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

std::optional<core::Candidate> LaunchMemory::candidate_of(const LaunchToken& token) const {
  const auto found = launches_.find(token);
  if (found == launches_.end()) return {};
  return found->second.second;
}

// What was tried counts for those who waited then: an empty room begins anew.
void LaunchMemory::asked(CallerId, const core::Request& request) {
  if (const auto* get = std::get_if<core::GetWorker>(&request)) {
    if (history_.waits_for(get->pool)) return;
    tried_[get->pool].clear();
    came_[get->pool] = ground_.now();
  } else if (std::holds_alternative<core::TerminateAll>(request)) {
    all_ended_ = ground_.now();
  }
}

void LaunchMemory::launch_called(const LaunchCall& call) {
  if (launches_.contains(call.token)) return;
  const core::Candidate it = candidate(call);
  launches_[call.token] = {call.pool, it};
  tried_[call.pool].push_back({it, ""});
}

void LaunchMemory::listing_called(const core::ListInstances& what) {
  if (!std::holds_alternative<core::ListByTag>(what.what)) return;
  query_ = what.query;
  query_begun_ = ground_.now();
}

void LaunchMemory::told(const core::Event& event) {
  if (const auto* launch = std::get_if<core::LaunchAnswered>(&event)) {
    const auto* failure = std::get_if<core::CloudFailure>(&launch->result);
    if (failure != nullptr) launch_refused(launch->token, *failure);
  } else if (const auto* answer = std::get_if<core::Listed>(&event)) {
    listed(*answer);
  } else if (const auto* who = std::get_if<core::Identified>(&event)) {
    identified(who->identity);
  } else if (std::holds_alternative<core::KeysChanged>(event)) {
    named_ = false;
    former_keys_ = identifying_;
    query_.reset();
  } else if (const auto* stop = std::get_if<core::StopRequested>(&event)) {
    stopping_ = true;
    if (stop->terminate_workers) all_ended_ = ground_.now();
  } else if (std::holds_alternative<core::SettingsChanged>(event)) {
    capacity_.clear();
    quota_.clear();
    blocks_.clear();
    breakers_.clear();
  }
}

void LaunchMemory::remember(const PoolName& pool, const core::Candidate& candidate,
                            const Refusal& refusal) {
  tried_[pool].push_back({candidate, refusal.code});
  switch (refusal.what) {
    case FailureClass::kCapacity:
      capacity_[candidate].push_back(refusal);
      return;
    case FailureClass::kQuota:
      quota_[candidate.market].push_back(refusal);
      return;
    case FailureClass::kDenied:
    case FailureClass::kBadConfig:
    case FailureClass::kNotYetVisible:
    case FailureClass::kUnexpected:
      blocks_[pool] = refusal;
      return;
    default:
      return;
  }
}

void LaunchMemory::launch_refused(const LaunchToken& token, const core::CloudFailure& failure) {
  const auto attempt = store_.durable().attempts.find(token);
  if (attempt == store_.durable().attempts.end()) return;  // settled before
  const core::AttemptRecord& record = attempt->second;
  remember(record.pool, {record.region, record.market, record.type, ""},
           {failure.what, failure.code, ground_.now(), true, failure.message});
}

void LaunchMemory::listed(const core::Listed& answer) {
  if (query_ != answer.query) return;
  query_.reset();
  doubtful_until_ = ground_.now() + ground_.options.batching;
  if (const auto* failure = std::get_if<core::CloudFailure>(&answer.result)) {
    if (!failing_since_) {
      failing_since_ = ground_.now();
      listing_codes_.clear();
    }
    listing_codes_.push_back(failure->code);
    listing_codes_.push_back(failure->message);
    failed_from_ = query_begun_;
    const bool refused =
        failure->what == FailureClass::kDenied || failure->what == FailureClass::kBadConfig;
    const Duration patience = ground_.options.settings.cloud_unreachable_patience;
    trouble_ = trouble_ || refused || ground_.now() - *failing_since_ >= patience;
    return;
  }
  shown_ = true;
  listed_ = listed_ || named_;
  if (failing_since_) recovered_ = ground_.now();
  if (std::exchange(trouble_, false)) ended_ = ground_.now();
  failing_since_.reset();
}

void LaunchMemory::identified(const core::CloudIdentity& identity) {
  identifying_ = false;
  if (std::exchange(former_keys_, false)) return;
  const bool opens = !named_;
  const auto& known = store_.durable().broker;
  const bool anyone = !known || known->account.empty();
  if (identity.account.empty()) {
    named_ = named_ || anyone;
    return;
  }
  wrong_ = !anyone && identity.account != known->account;
  named_ = !wrong_;
  if (opens && std::exchange(trouble_, false)) ended_ = ground_.now();
}

void LaunchMemory::committed(const std::vector<core::Change>& changes) {
  for (const core::Change& change : changes) {
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
    return;
  }
  const core::Candidate candidate{record.region, record.market, record.type, ""};
  const Instance* const instance =
      history_.life(record.id) != nullptr ? history_.life(record.id)->instance : nullptr;
  const std::string_view why = record.end_reason;
  const bool by_ec2 = why.starts_with("was ended by ") && instance != nullptr;
  const bool counts = by_ec2 || why.starts_with("not ready within") || why.starts_with("it runs");
  if (!counts) return;
  const std::string code = by_ec2 ? instance->reason_code : "";
  const FailureClass what = by_ec2 ? core::classify(code, 0) : FailureClass::kUnexpected;
  const bool cloud_has_none = what == FailureClass::kCapacity || what == FailureClass::kQuota;
  if (cloud_has_none)
    return remember(record.pool, candidate, {what, code, ground_.now(), false, {}});
  tried_[record.pool].push_back({candidate, record.id.value});
  if (what == FailureClass::kBadConfig || why.starts_with("it runs")) {
    const std::string named = by_ec2 ? code : "no address";
    blocks_[record.pool] = {FailureClass::kBadConfig, named, ground_.now(), false, {}};
    tried_[record.pool].push_back({candidate, named});
  }
  const std::size_t limit = ground_.options.settings.boot_failures_max;
  const bool doubtful = doubtful_until_ && ground_.now() <= *doubtful_until_;
  if (failing_since_ && !doubtful) return;
  breaker.last = doubtful ? "" : record.id.value;
  if (++breaker.most >= limit) breaker.most_since = ground_.now();
  if (!doubtful && ++breaker.least >= limit) breaker.least_since = ground_.now();
}

void LaunchMemory::started(const BrokerStart& start) {
  started_ = ground_.now();
  unwritten_ = history_.commit_failing();
  for (const auto& [id, record] : start.held.workers) phases_[id] = record.phase;
}

void LaunchMemory::went_down() {
  tried_.clear();
  capacity_.clear();
  quota_.clear();
  blocks_.clear();
  breakers_.clear();
  phases_.clear();
  shown_ = false;
  stopping_ = named_ = wrong_ = listed_ = trouble_ = identifying_ = former_keys_ = false;
  query_.reset();
  failing_since_.reset();
  all_ended_.reset();
  doubtful_until_.reset();
  ended_.reset();
  recovered_.reset();
}

}  // namespace cb::sim
