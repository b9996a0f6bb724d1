#include "sim/checkers/true_ends.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "sim/checkers/configured.h"
#include "sim/checkers/needs.h"
#include "sim/checkers/shown.h"
#include "sim/cloud/ec2.h"

namespace cb::sim {
namespace {

using core::WorkerPhase;

constexpr const char* kTrueEndsRule = "14-true-ends";

std::int64_t whole_seconds_of(Duration d) {
  return std::chrono::floor<seconds>(d).count();
}

}  // namespace

const core::PoolSettings& TrueEnds::pool_of(const Record& record) const {
  static const core::PoolSettings theirs;  // of a pool that another broker of our name had
  const auto& pools = ground_.options.settings.pools;
  const auto pool = pools.find(record.pool);
  return pool != pools.end() ? pool->second : theirs;
}

Duration TrueEnds::idle_limit(const Record& record) const {
  return std::max(pool_of(record).idle_timeout, record.boot.value_or(Duration{0}));
}

bool TrueEnds::spared_by_restart(const Record& record) const {
  return recovered_.contains(record.id) &&
         ground_.turn.at - memory_.started_at() < ground_.options.settings.restart_grace;
}

void TrueEnds::committed(const std::vector<core::Change>& changes) {
  for (const core::Change& change : changes) {
    const auto* record = std::get_if<Record>(&change);
    if (record != nullptr && record->phase == WorkerPhase::kTerminating) judge(*record);
  }
}

void TrueEnds::judge(const Record& record) {
  const auto [reason, first] = reasons_.try_emplace(record.id, record.end_reason);
  // What was written late was decided earlier; what is found again ends for its former reason.
  if ((!first && reason->second == record.end_reason) || history_.commit_failing()) return;
  reason->second = record.end_reason;
  if (holds(record)) return;
  throw Violated(kTrueEndsRule,
                 str(record.id.value, " ends, and this is not why: ", record.end_reason));
}

bool TrueEnds::holds(const Record& record) const {
  const std::string_view why = record.end_reason;
  const core::Settings& settings = ground_.options.settings;
  if (why.starts_with("idle ")) return idle(record);
  if (why.starts_with("not ready within ")) return boot(record);
  if (why.starts_with("unreachable for ")) return unreachable(record);
  if (why.starts_with("turned up after its launch was given up")) return late(record);
  if (why == "has shut itself down") return by_ec2(record);
  if (why.starts_with("was ended by ") || why.starts_with("was stopped")) return by_ec2(record);
  if (why.starts_with("it runs without a ")) return no_address(record);
  if (why.starts_with("has reached max_lifetime")) {
    return why == str("has reached max_lifetime (", to_string(settings.max_lifetime), ")") &&
           age(record) >= settings.max_lifetime;
  }
  if (why.starts_with("was launched for what is configured no more")) {
    return !configured(settings, record);
  }
  return by_somebody(record);
}

bool TrueEnds::by_somebody(const Record& record) const {
  const std::string& why = record.end_reason;
  const auto released = released_.find(record.address);
  const auto says = [&](std::string_view begin, const std::set<std::string>& whose) {
    return std::any_of(whose.begin(), whose.end(),
                       [&](const std::string& who) { return why == str(begin, who); });
  };
  if (released != released_.end() && says("released by ", released->second)) return true;
  if (why == "launched before TERMINATE_ALL") {
    const auto attempt = history_.attempts().find(record.token);
    return attempt != history_.attempts().end() && attempt->second.doomed;
  }
  if (why == "ended with the broker") return memory_.stopping() && memory_.all_ended();
  return memory_.all_ended() &&
         *memory_.all_ended() >= ground_.turn.at - 2 * ground_.options.batching &&
         says("ended by TERMINATE_ALL of ", ended_all_);
}

bool TrueEnds::idle(const Record& record) const {
  const Duration limit = idle_limit(record);
  const std::string& why = record.end_reason;
  const Duration longest = ground_.clock.boot() - record.last_used;
  // As of the step that decided it: the process may have stood still before it was written.
  const Duration decided = ground_.turn.now.boot - record.last_used;
  const Duration shortest = decided - ground_.options.settings.idle_save_interval;
  if (!why.ends_with(str(" s (limit ", whole_seconds_of(limit), " s)")) ||
      spared_by_restart(record)) {
    return false;
  }
  const auto said = parse_int(std::string_view(why).substr(5, why.find(' ', 5) - 5)).value_or(-1);
  return said >= whole_seconds_of(limit) && said <= whole_seconds_of(longest) &&
         said >= whole_seconds_of(shortest);
}

bool TrueEnds::boot(const Record& record) const {
  const Life* const life = history_.life(record.id);
  const std::string begin = str("not ready within ", to_string(age(record)), " (");
  if (!record.end_reason.starts_with(begin)) return false;
  if (life == nullptr) return true;  // another broker's, taken over
  return !spared_by_restart(record);
}

bool TrueEnds::unreachable(const Record& record) const {
  const Life* const life = history_.life(record.id);
  const Duration limit = ground_.options.settings.unreachable_timeout;
  if (life == nullptr) return true;
  if (!life->failing_since) return false;
  const Duration since = ground_.turn.at - *life->failing_since;
  const std::string& why = record.end_reason;
  if (!why.ends_with(str(" (limit ", to_string(limit), ")")) || since < limit) return false;
  return ground_.options.batching != Duration{0} ||
         why.starts_with(str("unreachable for ", to_string(since), " "));
}

// Nobody waits, or what they wait for is another one.
bool TrueEnds::late(const Record& record) const {
  if (!history_.waits_for(record.pool) || ground_.turn.at - left_ <= 2 * ground_.options.batching) {
    return true;
  }
  const core::Records& durable = store_.durable();
  const auto other = [&](const auto& entry) {
    return entry.second.pool == record.pool && entry.first != record.id &&
           entry.second.phase != WorkerPhase::kTerminating;
  };
  const auto open = [&](const auto& entry) {
    return entry.second.pool == record.pool && !entry.second.doomed;
  };
  return std::any_of(durable.workers.begin(), durable.workers.end(), other) ||
         std::any_of(durable.attempts.begin(), durable.attempts.end(), open);
}

bool TrueEnds::by_ec2(const Record& record) const {
  const Life* const life = history_.life(record.id);
  if (life == nullptr || life->told_stopped) return true;
  const std::string& code = life->instance->reason_code;
  const bool by_somebody = code == kUserInitiated;
  const std::string_view why = record.end_reason;
  return life->told_ending && by_somebody == why.starts_with("was ended by somebody") &&
         (by_somebody || code == "Client.InstanceInitiatedShutdown" || why.find(code) != why.npos);
}

bool TrueEnds::no_address(const Record& record) const {
  const auto running = running_.find(record.id);
  if (running == running_.end()) return false;
  const bool wants_private = pool_of(record).address == core::AddressKind::kPrivate;
  const std::string_view kind = wants_private ? "private" : "public";
  const Duration since = ground_.turn.at - running->second;
  return record.address.empty() && since >= ground_.options.settings.address_grace &&
         record.end_reason.starts_with(str("it runs without a ", kind, " address"));
}

// Of a machine that has ended as well, as long as the broker has not heard of it.
void TrueEnds::answered(CallerId caller, const core::Answer& answer) {
  left_ = ground_.now();
  // Whoever has a lease reaches it as well.
  for (const core::WorkerAddress& worker : given_in(answer)) {
    if (!worker.lease.none()) pinged_[worker.address] = ground_.now();
  }
  const auto waiting = history_.waiting().find(caller);
  if (waiting == history_.waiting().end() || !std::holds_alternative<core::Ok>(answer)) return;
  const auto* ping = std::get_if<core::Ping>(&waiting->second.request);
  if (ping != nullptr) pinged_[ping->address] = ground_.now();
  const auto* renew = std::get_if<core::Renew>(&waiting->second.request);
  const auto lease =
      renew != nullptr ? store_.durable().leases.find(renew->lease) : store_.durable().leases.end();
  if (lease == store_.durable().leases.end()) return;
  const auto record = store_.durable().workers.find(lease->second.worker);
  if (record != store_.durable().workers.end()) pinged_[record->second.address] = ground_.now();
}

void TrueEnds::listed(const core::InstanceView& view) {
  if (view.state != core::InstanceState::kRunning) return;
  running_.try_emplace(view.id, ground_.now());
  if (view.public_address.empty() || view.private_address.empty()) {
    shown_running_.push_back(view.id);
  }
}

void TrueEnds::shown(const core::InstanceView& view) {
  const bool alive =
      view.state == core::InstanceState::kPending || view.state == core::InstanceState::kRunning;
  const core::Records& durable = store_.durable();
  if (!alive || durable.workers.contains(view.id) || !durable.closed.contains(view.token)) return;
  turned_up_.push_back(view.id);
}

void TrueEnds::told(const core::Event& event) {
  if (const auto* asked = std::get_if<core::Asked>(&event)) {
    const std::string who = to_string(asked->origin);
    const auto* release = std::get_if<core::Release>(&asked->request);
    if (release != nullptr) released_[release->address].insert(who);
    if (std::holds_alternative<core::TerminateAll>(asked->request)) ended_all_.insert(who);
    return;
  }
  if (const auto* probe = std::get_if<core::Probed>(&event)) {
    must_end(*probe);
  }
  for (const core::InstanceView& view : shown_by_launch(event)) shown(view);
  for (const core::InstanceView& view : shown_by_listing(event)) {
    shown(view);
    listed(view);
  }
}

// Told before History hears of it.
void TrueEnds::must_end(const core::Probed& probe) const {
  if (probe.outcome != core::ProbeOutcome::kUnreachable &&
      probe.outcome != core::ProbeOutcome::kRefused) {
    return;
  }
  const Life* const life = history_.life(probe.worker);
  if (life == nullptr || !life->failing_since || life->end_decided || life->told_ending) return;
  const core::Settings& settings = ground_.options.settings;
  const Duration since = ground_.turn.at - *life->failing_since;
  const Duration slack = seconds{1} + 2 * ground_.options.batching;
  if (since <= settings.unreachable_timeout + slack || history_.commit_failing()) return;
  const auto record = store_.durable().workers.find(probe.worker);
  if (record == store_.durable().workers.end() || record->second.phase != WorkerPhase::kReady) {
    return;
  }
  // After it stood still the world is heard first.
  const auto heard = ground_.last_pause_ended();
  if (heard && ground_.turn.at - *heard <= settings.restart_grace + slack) return;
  const auto held = [&](const std::optional<Moment>& use) {
    return use && ground_.turn.at - *use <= idle_limit(record->second) + slack;
  };
  // After a restart its last use counts as a PING.
  const bool recovered = recovered_.contains(probe.worker);
  const auto pinged = pinged_.find(record->second.address);
  if (pinged != pinged_.end() && held(pinged->second)) return;
  if (held(life->stirred) || recovered) return;
  throw Violated(kTrueEndsRule, str(probe.worker.value, " is unreachable for ", to_string(since),
                                    ", nobody pings it, and it is not ended"));
}

// Whoever has no address by address_grace will have none.
void TrueEnds::ended_without_address() {
  for (const InstanceId& id : std::exchange(shown_running_, {})) {
    const auto record = store_.durable().workers.find(id);
    if (record == store_.durable().workers.end()) continue;
    const bool ending = record->second.phase == WorkerPhase::kTerminating;
    if (ending || !record->second.address.empty() || history_.commit_failing()) continue;
    // Of one that was found nothing was known before.
    const Duration since = std::min<Duration>(ground_.turn.at - running_.at(id),
                                              ground_.clock.boot() - record->second.begun);
    const Duration late = 2 * ground_.options.batching;
    if (since <= ground_.options.settings.address_grace + late || !memory_.cloud().named())
      continue;
    throw Violated(kTrueEndsRule, str(id.value, " runs without an address for ", to_string(since)));
  }
}

void TrueEnds::turned() {
  released_.clear();
  ended_without_address();
  for (const InstanceId& id : std::exchange(turned_up_, {})) {
    const auto record = store_.durable().workers.find(id);
    if (record == store_.durable().workers.end() || history_.commit_failing()) continue;
    if (record->second.phase == WorkerPhase::kTerminating) continue;
    const bool just_left = ground_.turn.at - left_ <= 2 * ground_.options.batching;
    if (history_.waits_for(record->second.pool) || just_left) continue;
    if (warm_.most(record->second.pool) != 0) continue;
    throw Violated(kTrueEndsRule,
                   str(id.value, " turned up after its launch was given up, nobody waits, ",
                       "and it is not ended"));
  }
}

void TrueEnds::started(const BrokerStart& start) {
  recovered_.clear();
  for (const auto& [id, record] : start.recovered.workers) recovered_.insert(id);
}

void TrueEnds::went_down() {
  ended_all_.clear();
  released_.clear();
  turned_up_.clear();
  shown_running_.clear();
  running_.clear();
}

}  // namespace cb::sim
