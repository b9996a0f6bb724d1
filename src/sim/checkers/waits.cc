#include "sim/checkers/waits.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "sim/checkers/configured.h"
#include "sim/checkers/needs.h"
#include "sim/checkers/shown.h"

namespace cb::sim {
namespace {

using core::WorkerPhase;

constexpr const char* kWaitsRule = "12-waits-for-something";

bool is_over(core::InstanceState state) {
  return state == core::InstanceState::kShuttingDown || state == core::InstanceState::kTerminated;
}

}  // namespace

void Waits::asked(CallerId, const core::Request& request) {
  if (!std::holds_alternative<core::TerminateAll>(request)) return;
  for (const auto& [caller, waiting] : history_.waiting()) {
    if (std::holds_alternative<core::GetWorker>(waiting.request)) told_to_go_.push_back(caller);
  }
}

// A machine that another process launched just now is worth waiting for.
void Waits::launch_called(const LaunchCall& call) {
  const auto& needs = history_.needs_lately(call.pool);
  const bool one_of_many = !ground_.options.settings.pools.at(call.pool).any_number_of_clients() ||
                           std::any_of(needs.begin(), needs.end(), [](const auto& entry) {
                             return entry.first != core::Need{.leased = entry.first.leased};
                           });
  if (calendar_wrong_ || one_of_many || history_.attempts().contains(call.token)) return;
  const Duration boot = ground_.options.settings.pools.at(call.pool).launch_timeout;
  for (const auto& [id, worker] : store_.durable().workers) {
    const auto found = found_.find(id);
    const Life* const life = history_.life(id);
    if (worker.pool != call.pool || worker.phase != WorkerPhase::kAdopting) continue;
    if (found == found_.end() || life == nullptr || found->second < memory_.started_at()) continue;
    const Duration left = boot - (ground_.turn.at - life->instance->born);
    if (left <= seconds{2}) continue;
    throw Violated(kWaitsRule, str("launch ", call.token.value, " beside ", id.value,
                                   ", which was found and may still boot"));
  }
}

void Waits::told(const core::Event& event) {
  for (const core::InstanceView& view : shown_by_listing(event)) {
    if (is_over(view.state)) ends_.insert(view.id);
  }
  if (const auto* answer = std::get_if<core::TerminateAnswered>(&event)) {
    const auto* accepted = std::get_if<core::TerminateAccepted>(&answer->result);
    if (accepted == nullptr) return;
    for (const core::TerminatedNow& one : accepted->instances) {
      if (is_over(one.state)) ends_.insert(one.id);
      if (!is_over(one.state)) ends_.erase(one.id);
    }
  }
}

void Waits::committed(const std::vector<core::Change>& changes) {
  for (const core::Change& change : changes) {
    const auto* worker = std::get_if<core::WorkerRecord>(&change);
    if (worker != nullptr) found_.try_emplace(worker->id, ground_.turn.at);
  }
}

bool Waits::on_its_way(const core::WorkerRecord& worker) const {
  const core::Settings& settings = ground_.options.settings;
  const Duration late = 2 * ground_.options.batching;
  const auto pool = settings.pools.find(worker.pool);
  if (pool == settings.pools.end()) return false;
  const Duration boot = pool->second.launch_timeout;
  if (worker.phase == WorkerPhase::kBooting) return true;  // rule 4 sees to its end
  const auto found = found_.find(worker.id);
  const bool recovered = found == found_.end() || found->second < memory_.started_at();
  if (worker.phase == WorkerPhase::kAdopting) {
    if (recovered) return true;
    const Life* const life = history_.life(worker.id);
    const bool young = life == nullptr || calendar_wrong_ ||
                       found->second - life->instance->born < boot + seconds{2};
    // What accepts is worth waiting for.
    const bool accepts = life != nullptr && life->asked && *life->asked >= found->second;
    const Duration patience = young || accepts ? boot : settings.adoption_patience;
    return ground_.turn.at <= found->second + patience + late;
  }
  if (worker.phase != WorkerPhase::kReady) return false;
  if (worker.doubted) {
    // Its machine may start its service anew, unless it cannot be reached at all.
    const Life* const life = history_.life(worker.id);
    const bool out_of_reach =
        life != nullptr && life->latest_probe == core::ProbeOutcome::kUnreachable;
    return !out_of_reach && ground_.turn.now.boot <= *worker.doubted + boot + late;
  }
  return ground_.turn.at <= memory_.started_at() + settings.adoption_patience + late;
}

bool Waits::coming(const PoolName& pool, const core::Need& need) const {
  const auto& workers = store_.durable().workers;
  return std::any_of(workers.begin(), workers.end(), [&](const auto& entry) {
    const core::WorkerRecord& worker = entry.second;
    const bool lost = worker.address.empty() && memory_.cloud().cut_off(worker.region);
    return worker.pool == pool && !lost && need.fits(worker) && on_its_way(worker);
  });
}

bool Waits::room_is_made() const {
  std::size_t counted = store_.durable().attempts.size();
  bool made = false;
  for (const auto& [id, worker] : store_.durable().workers) {
    if (ends_.contains(id)) continue;
    ++counted;
    made = made ||
           (worker.phase == WorkerPhase::kTerminating && !memory_.cloud().cut_off(worker.region));
  }
  for (const auto& [token, record] : store_.durable().attempts) {
    const auto attempt = history_.attempts().find(token);
    made = made ||
           (record.doomed && attempt != history_.attempts().end() && attempt->second.in_flight);
  }
  return made && counted >= ground_.options.settings.max_workers;
}

// What only a warm window keeps is asked whether it computes, and ends: rule 19 sees to it.
bool Waits::a_place_is_given() const {
  const auto& workers = store_.durable().workers;
  return std::any_of(workers.begin(), workers.end(), [&](const auto& entry) {
    const core::WorkerRecord& worker = entry.second;
    return ground_.warm.contains(worker.pool) && worker.phase == core::WorkerPhase::kReady &&
           idle_is_over(ground_.options.settings, worker, ground_.turn.now.boot);
  });
}

// No more may be launched, and those that there are may be given back.
bool Waits::all_in_use(const PoolName& pool, const core::Need& need) const {
  const core::Settings& settings = ground_.options.settings;
  if (settings.pools.at(pool).any_number_of_clients() && !need.alone) return false;
  std::size_t counted = store_.durable().attempts.size();
  bool ready = false;
  for (const auto& [id, worker] : store_.durable().workers) {
    if (!ends_.contains(id)) ++counted;
    ready =
        ready || (worker.pool == pool && worker.phase == WorkerPhase::kReady && need.fits(worker));
  }
  return ready && counted >= settings.max_workers;
}

// What there is stays for the oldest count; the others are not launched for before it is served.
bool Waits::waits_for_a_count(const PoolName& pool, const core::Need& need) const {
  const auto& needs = history_.needs_lately(pool);
  return std::any_of(needs.begin(), needs.end(), [&](const auto& entry) {
    return entry.first.count > 1 && (entry.first != need || entry.second > 1);
  });
}

// Where none can be asked, and where one cannot and the others have nothing left, EC2 is asked
// again before anybody hears of it.
bool Waits::another_region_may_do(const PoolName& pool, const core::Need& need) const {
  if (!memory_.cloud().in_trouble()) return true;
  const core::Settings& settings = ground_.options.settings;
  const auto plan = LaunchMemory::plan(settings, settings.pools.at(pool), need);
  return std::any_of(plan.begin(), plan.end(), [&](const core::Candidate& one) {
    if (memory_.passed_over(pool, one.region)) return false;
    const auto all = memory_.against(pool, one);
    const auto& tried = memory_.tried(pool);
    return std::none_of(all.begin(), all.end(),
                        [&](const auto* refusal) {
                          return ground_.turn.at <
                                 memory_.until(*refusal) + 2 * ground_.options.batching;
                        }) &&
           std::none_of(tried.begin(), tried.end(),
                        [&](const auto& one_try) { return one_try.candidate == one; });
  });
}

void Waits::judge(const PoolName& pool, const core::Need& need) const {
  const auto wrong = [&](std::string_view why) {
    const auto who =
        std::find_if(history_.waiting().begin(), history_.waiting().end(), [&](const auto& entry) {
          const auto* get = std::get_if<core::GetWorker>(&entry.second.request);
          return get != nullptr && get->pool == pool && core::need_of(*get) == need;
        });
    throw Violated(kWaitsRule, str("callers of pool ", pool.value, ", ", who->first.value,
                                   " among them, wait", why));
  };
  if (memory_.stopping()) wrong(" while the broker stops");
  if (!memory_.cloud().settled() || coming(pool, need) || waits_for_a_count(pool, need)) {
    return;
  }
  if (!another_region_may_do(pool, need)) return;
  for (const auto& [token, record] : store_.durable().attempts) {
    if (record.pool != pool || record.doomed || !need.fits(record) ||
        memory_.passed_over(pool, record.region))
      continue;
    if (record.mismatch) wrong(str(" for launch ", token.value, ", which is not asked for again"));
    return;
  }
  if (room_is_made() || a_place_is_given() || all_in_use(pool, need) || memory_.unwritten() ||
      memory_.paced(2 * ground_.options.batching))
    return;
  const auto obstacles = memory_.obstacles(pool, need);
  for (const auto& [caller, waiting] : history_.waiting()) {
    const auto* get = std::get_if<core::GetWorker>(&waiting.request);
    if (get == nullptr || get->pool != pool || core::need_of(*get) != need) continue;
    const bool kept =
        std::any_of(obstacles.begin(), obstacles.end(), [&, &who = waiting](const auto& obstacle) {
          return waits_for_next_try(*get, who, obstacle);
        });
    if (!kept) wrong(str(", ", caller.value, " as well, and nothing is on its way"));
  }
}

// Whoever came after a reason was seen, and has the patience for the next try, when that is soon.
bool Waits::waits_for_next_try(const core::GetWorker& get, const Waiting& waiting,
                               const LaunchMemory::Obstacle& why) const {
  const core::Settings& settings = ground_.options.settings;
  const Duration late = 2 * ground_.options.batching;
  return std::max(waiting.since, waiting.read) > why.seen - late &&
         why.until - ground_.turn.at <= settings.next_try_wait + late &&
         waiting.since + get.wait.value_or(settings.wait_default) >= why.until - late;
}

void Waits::turned() {
  for (const CallerId caller : std::exchange(told_to_go_, {})) {
    if (!history_.waiting().contains(caller)) continue;
    throw Violated(kWaitsRule, str("caller ", caller.value, " waits on through a TERMINATE_ALL"));
  }
  if (history_.waiting().empty() || history_.commit_failing() || ground_.settings_just_told) return;
  for (const auto& [pool, settings] : ground_.options.settings.pools) {
    for (const auto& [need, callers] : history_.needs(pool)) judge(pool, need);
  }
}

void Waits::started(const BrokerStart& start) {
  if (start.rebooted) calendar_wrong_ = true;
}

void Waits::went_down() {
  found_.clear();
  ends_.clear();
  told_to_go_.clear();
}

}  // namespace cb::sim
