#include "sim/checkers/one_launch.h"

#include <algorithm>

#include "base/text.h"
#include "sim/checkers/configured.h"
#include "sim/checkers/needs.h"

namespace cb::sim {
namespace {

constexpr const char* kOneLaunchRule = "3-one-launch";

}  // namespace

// Called before History hears of the call.
void OneLaunch::launch_called(const LaunchCall& call) {
  intent_first(call);
  where_it_is_looked_for(call);
  if (history_.attempts().contains(call.token)) {
    same_bytes(call);
    return;
  }
  const core::PoolSettings& pool = ground_.options.settings.pools.at(call.pool);
  if (wanted_warm(call)) {
    // Whoever waits or not.
  } else if (!pool.any_number_of_clients()) {
    within_the_shortfall(call);
  } else {
    nothing_unsettled(call);
    nothing_on_its_way(call);
  }
  within_max_workers(call);
  within_the_hour(call);
}

// With all that are there or on their way, this one included, there are no more than its pool's
// windows want: rule 19 judges those that nobody but a window wants.
bool OneLaunch::wanted_warm(const LaunchCall& call) const {
  const auto& attempts = store_.durable().attempts;
  const auto open = std::count_if(attempts.begin(), attempts.end(), [&](const auto& entry) {
    return entry.second.pool == call.pool && !entry.second.doomed;
  });
  return warm_.staying(call.pool) + static_cast<std::size_t>(open) <= warm_.most(call.pool);
}

void OneLaunch::intent_first(const LaunchCall& call) const {
  const auto& attempts = store_.durable().attempts;
  const auto found = attempts.find(call.token);
  if (found == attempts.end() || found->second.request != call.body) {
    throw Violated(kOneLaunchRule, str("launch ", call.token.value,
                                       " was called before its intent was in the journal"));
  }
}

// Listings go to the configured regions: what is launched elsewhere nobody ever sees.
void OneLaunch::where_it_is_looked_for(const LaunchCall& call) const {
  const core::Settings& settings = ground_.options.settings;
  const auto pool = settings.pools.find(call.pool);
  if (pool == settings.pools.end() || settings.launches_in(pool->second, call.region)) return;
  throw Violated(kOneLaunchRule, str("launch ", call.token.value, " goes to region \"", call.region,
                                     "\", which is none of its pool's"));
}

void OneLaunch::same_bytes(const LaunchCall& call) const {
  if (history_.attempts().at(call.token).body == call.body) return;
  throw Violated(kOneLaunchRule,
                 str("launch ", call.token.value, " was repeated with other bytes"));
}

// Whether everybody who waits for its pool would do with one such machine.
bool OneLaunch::serves_all(const PoolName& pool, const Kind& machine) const {
  const auto& needs = history_.needs_lately(pool);
  return std::all_of(needs.begin(), needs.end(), [&](const auto& entry) {
    const core::Need& need = entry.first;
    return need.fits(machine.type, *machine.market, *machine.region) && !need.alone &&
           need.count == 1;
  });
}

bool OneLaunch::one_has_it_alone(const InstanceId& id) const {
  const auto& leases = store_.durable().leases;
  return std::any_of(leases.begin(), leases.end(), [&](const auto& entry) {
    return entry.second.worker == id && entry.second.alone;
  });
}

// Of all kinds together there are too few, or of one of those that it is of.
void OneLaunch::within_the_shortfall(const LaunchCall& call) const {
  if (history_.commit_failing()) return;
  const core::PoolSettings& pool = ground_.options.settings.pools.at(call.pool);
  std::size_t wanted = 0;
  const auto all = machines_coming(call);
  for (const auto& [kind, workers] : most_needed(pool, history_.needs_lately(call.pool))) {
    core::Need need{.market = kind.market, .region = kind.region};
    if (!kind.type.empty()) need.type = kind.type;
    const auto fits = [&](const Kind& machine) {
      return need.fits(machine.type, *machine.market, *machine.region);
    };
    const auto of_it = static_cast<std::size_t>(std::count_if(all.begin(), all.end(), fits));
    const bool launches_it = need.fits(call.form.type, call.form.market, call.region);
    if (launches_it && of_it < workers) return;
    wanted += workers;
  }
  if (all.size() < wanted) return;
  throw Violated(kOneLaunchRule, str("launch ", call.token.value, " beside ", all.size(),
                                     " that are on their way, for callers who need ", wanted));
}

// Its address only a listing could tell, and its region cannot be asked.
bool OneLaunch::out_of_sight(const core::WorkerRecord& worker) const {
  return worker.address.empty() && memory_.cloud().cut_off(worker.region);
}

std::vector<Kind> OneLaunch::machines_coming(const LaunchCall& call) const {
  const Duration grace = ground_.options.settings.unknown_outcome_grace;
  const auto intent = intents_.find(call.token);
  // To the process that calls it, it is one of those of unknown outcome: any of them may go first.
  const bool inherited = intent != intents_.end() && intent->second < up_since_;
  std::vector<Kind> out;
  for (const auto& [token, attempt] : history_.attempts()) {
    if (attempt.pool != call.pool || attempt.settled || attempt.doomed) continue;
    if (inherited && attempt.last_decided < up_since_) continue;
    if (!attempt.in_flight && ground_.now() - attempt.uncertain >= grace) continue;
    const auto record = store_.durable().attempts.find(token);
    const bool open = record != store_.durable().attempts.end() && !record->second.doomed &&
                      !memory_.passed_over(call.pool, record->second.region);
    if (open) out.push_back(kind_of(record->second));
  }
  for (const auto& [id, worker] : store_.durable().workers) {
    const bool boots = worker.pool == call.pool && worker.phase == core::WorkerPhase::kBooting;
    if (boots && configured(ground_.options.settings, worker) && !out_of_sight(worker)) {
      out.push_back(kind_of(worker));
    }
  }
  return out;
}

void OneLaunch::nothing_unsettled(const LaunchCall& call) const {
  const Duration grace = ground_.options.settings.unknown_outcome_grace;
  for (const auto& [token, attempt] : history_.attempts()) {
    if (attempt.pool != call.pool || attempt.settled || attempt.doomed) continue;
    if (!attempt.in_flight && ground_.now() - attempt.uncertain >= grace) continue;
    // Begun and given up in one turn.
    const auto record = store_.durable().attempts.find(token);
    if (record != store_.durable().attempts.end() && record->second.doomed) continue;
    if (record != store_.durable().attempts.end() &&
        memory_.passed_over(call.pool, record->second.region)) {
      continue;
    }
    if (record != store_.durable().attempts.end() &&
        !serves_all(call.pool, kind_of(record->second))) {
      continue;
    }
    throw Violated(kOneLaunchRule, str("launch ", call.token.value, " while the outcome of ",
                                       token.value, " for the same pool is open"));
  }
}

void OneLaunch::nothing_on_its_way(const LaunchCall& call) const {
  const core::PoolSettings& pool = ground_.options.settings.pools.at(call.pool);
  const bool probed = pool.ready != core::ReadyCheck::kNone;
  const std::size_t most_failures = ground_.options.settings.alive_failures_max;
  const Moment now = ground_.now();
  for (const Life* living : history_.living()) {
    const Life& life = *living;
    const Instance& instance = *life.instance;
    const InstanceId& id = instance.id;
    if (instance.pool != call.pool || !life.known) continue;
    // Whether it may be ended is for other rules.
    if (life.end_decided || life.end_asked || life.told_ending || life.told_stopped ||
        life.may_be_ended) {
      continue;
    }
    const auto record = store_.durable().workers.find(id);
    const bool known = record != store_.durable().workers.end();
    if (one_has_it_alone(id)) continue;
    if (known && !configured(ground_.options.settings, record->second)) continue;
    if (known && out_of_sight(record->second)) continue;
    if (known && !serves_all(call.pool, kind_of(record->second))) continue;
    const bool boots = !life.handed && !life.before_loss &&
                       now - life.called < pool.launch_timeout - seconds{1} &&
                       !(instance.serves && *instance.serves <= now) && !instance.restarted;
    if (boots) {
      throw Violated(kOneLaunchRule,
                     str("launch ", call.token.value, " while ", id.value, " boots, ",
                         to_string(Duration{now - life.called}), " old"));
    }
    const bool serves =
        instance.serving(now) && life.told_running &&
        (!probed || (life.good_probe && life.failures < most_failures && !life.doubted));
    const bool ready = known && record->second.phase == core::WorkerPhase::kReady;
    // From the answer of its service to being handed out is one step.
    if (serves && ready && !history_.commit_failing()) {
      throw Violated(kOneLaunchRule,
                     str("launch ", call.token.value, " while ", id.value, " serves"));
    }
    if (ready && !history_.commit_failing() && begins_anew(life)) {
      throw Violated(kOneLaunchRule,
                     str("launch ", call.token.value, " while the service of ", id.value,
                         " begins anew, gone for ", to_string(Duration{now - *life.doubted})));
    }
  }
}

// Its machine refuses, or accepts and does not answer yet, for less than a boot may take.
bool OneLaunch::begins_anew(const Life& life) const {
  const core::PoolSettings& pool = ground_.options.settings.pools.at(life.instance->pool);
  const Duration slack = seconds{1} + ground_.options.batching;
  return life.doubted && life.latest_probe &&
         *life.latest_probe != core::ProbeOutcome::kUnreachable &&
         ground_.now() - *life.doubted < pool.launch_timeout - slack &&
         ground_.now() - life.latest_change > slack && life.instance->running();
}

// What no listing has shown for unknown_outcome_grace after its launch is not known to exist.
std::size_t OneLaunch::counted() const {
  const auto& living = history_.living();
  const Duration grace = ground_.options.settings.unknown_outcome_grace;
  return static_cast<std::size_t>(
      std::count_if(living.begin(), living.end(), [&](const Life* life) {
        const Attempted& attempt = history_.attempts().at(life->instance->token);
        // Whose tags somebody took away is known by the journal alone.
        const bool shown = store_.durable().workers.contains(life->instance->id) ||
                           life->instance->tags.contains(core::kBrokerTag);
        return (life->known && shown) || ground_.now() - attempt.uncertain <= grace;
      }));
}

void OneLaunch::within_max_workers(const LaunchCall& call) const {
  if (amid_changes_.contains(call.token)) return;  // as it was, or as it is
  std::size_t count = 1 + counted();
  for (const auto& [token, attempt] : history_.attempts()) {
    if (attempt.settled ||
        ground_.now() - attempt.uncertain > ground_.options.settings.unknown_outcome_grace) {
      continue;
    }
    bool seen = false;
    for (const auto& [id, life] : history_.lives()) seen = seen || life.instance->token == token;
    count += seen ? 0 : 1;
  }
  const std::size_t limit = ground_.options.settings.max_workers;
  if (count <= limit) return;
  throw Violated(kOneLaunchRule, str("launch ", call.token.value, " would make ", count,
                                     " instances and open launches (max_workers ", limit, ")"));
}

void OneLaunch::within_the_hour(const LaunchCall& call) {
  while (!births_.empty() && ground_.now() - *births_.begin() >= hours{1}) {
    births_.erase(births_.begin());
  }
  if (births_.size() < ground_.options.settings.launches_per_hour_max) return;
  throw Violated(kOneLaunchRule, str("launch ", call.token.value, " after ", births_.size(),
                                     " in the last hour (launches_per_hour_max)"));
}

// After a reboot what was launched is as old as the calendar says.
void OneLaunch::starting(Duration misjudged) {
  std::multiset<Moment> births;
  for (const Moment birth : births_) births.insert(birth - std::chrono::abs(misjudged));
  births_ = std::move(births);
}

void OneLaunch::born(const Instance& instance) {
  const auto intent = intents_.find(instance.token);
  if (intent != intents_.end()) births_.insert(intent->second);
  if (amid_changes_.contains(instance.token)) return;
  const std::size_t count = 1 + counted();
  const std::size_t limit = ground_.options.settings.max_workers;
  if (count <= limit) return;
  throw Violated(kOneLaunchRule, str(instance.id.value, " is the ", count,
                                     "th instance at once (max_workers ", limit, ")"));
}

void OneLaunch::committed(const std::vector<core::Change>& changes) {
  for (const core::Change& change : changes) {
    const auto* intent = std::get_if<core::AttemptRecord>(&change);
    if (intent == nullptr) continue;
    const bool fresh = intents_.try_emplace(intent->token, ground_.turn.at).second;
    if (fresh && ground_.settings_just_told) amid_changes_.insert(intent->token);
  }
}

void OneLaunch::started(const BrokerStart& start) {
  // The length of the past is what the calendar says, which may have been set meanwhile.
  if (start.rebooted) births_.clear();
  up_since_ = ground_.now();
}

}  // namespace cb::sim
