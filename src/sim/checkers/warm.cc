#include "sim/checkers/warm.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.h"
#include "sim/checkers/bounds.h"
#include "sim/checkers/configured.h"
#include "sim/checkers/needs.h"

namespace cb::sim {
namespace {

using core::WorkerPhase;

constexpr const char* kWarmRule = "19-warm";

// A machine boots at its pace, and is seen to, in a world without these.
bool boots_go_well(const Options& options) {
  using enum Fault;
  constexpr Fault kAgainstIt[] = {
      kLaunchAnswerLost, kLaunchLate,    kAnswerLate,   kEndsItself,     kNeverRuns,
      kNeverReady,       kSlowBoot,      kDiesSilently, kNoAddress,      kLateAddress,
      kListingFails,     kListingStale,  kListingOmits, kListingLate,    kNewbornHidden,
      kThrottle,         kProbeLost,     kNetworkCut,   kRebootedByHand, kServiceRestarts,
      kPlacesTaken,      kFlowForgotten, kInterrupted0, kAddressReused};
  return std::none_of(std::begin(kAgainstIt), std::end(kAgainstIt),
                      [&](Fault fault) { return options.dose_of(fault) != 0; });
}

}  // namespace

void Warm::asked(CallerId, const core::Request& request) {
  if (const auto* get = std::get_if<core::GetWorker>(&request)) waited_.insert(get->pool);
  all_told_ = all_told_ || std::holds_alternative<core::TerminateAll>(request);
}

std::size_t Warm::open_launches(const PoolName& pool, const LaunchToken& but) const {
  const auto& attempts = store_.durable().attempts;
  return static_cast<std::size_t>(
      std::count_if(attempts.begin(), attempts.end(), [&](const auto& entry) {
        return entry.second.pool == pool && entry.first != but && !entry.second.doomed;
      }));
}

// For nobody but a window. Who waits may need one beside that: rule 3.
void Warm::launch_called(const LaunchCall& call) {
  const auto record = store_.durable().attempts.find(call.token);
  const bool begun_now = record != store_.durable().attempts.end() && !record->second.doomed &&
                         record->second.begun == ground_.turn.now.boot;
  if (ground_.options.warm.empty() || !begun_now || history_.attempts().contains(call.token))
    return;
  if (waited_.contains(call.pool) || ground_.settings_just_told) return;
  // What is found or answered in this very turn was not there when it was decided.
  const auto stayed = stayed_.find(call.pool);
  const std::size_t before = stayed == stayed_.end() ? 0 : stayed->second;
  const std::size_t there =
      std::min(before, demand_.staying(call.pool)) + open_launches(call.pool, call.token);
  if (there < demand_.most(call.pool)) return;
  throw Violated(kWarmRule, str("launch ", call.token.value, " beside ", there, " that are there, ",
                                "nobody waits, and its windows want ", demand_.most(call.pool)));
}

void Warm::told(const core::Event& event) {
  const auto* launch = std::get_if<core::LaunchAnswered>(&event);
  if (launch == nullptr || std::holds_alternative<core::Launched>(launch->result)) return;
  const auto record = store_.durable().attempts.find(launch->token);
  if (record == store_.durable().attempts.end()) return;
  troubled_[record->second.pool] = ground_.now();
}

void Warm::committed(const std::vector<core::Change>& changes) {
  for (const core::Change& change : changes) {
    const auto* record = std::get_if<core::WorkerRecord>(&change);
    const auto* closed = std::get_if<core::ClosedAttempt>(&change);
    if (closed != nullptr) troubled_[closed->pool] = ground_.turn.at;
    if (record == nullptr || record->phase != WorkerPhase::kTerminating) continue;
    if (!ends_.insert(record->id).second) continue;
    if (record->end_reason.starts_with("idle ")) {
      judge_end(*record);
    } else {
      troubled_[record->pool] = ground_.turn.at;
    }
  }
}

// There are enough without it, before or after what else has become of the others in this turn.
void Warm::judge_end(const core::WorkerRecord& record) {
  const PoolName& pool = record.pool;
  if (!configured(ground_.options.settings, record)) return;
  const std::size_t ended = ++ended_[pool];
  if (ground_.settings_just_told || history_.commit_failing() || memory_.unwritten()) return;
  if (gives_its_place()) return;
  const auto stayed = stayed_.find(pool);
  const std::size_t before = stayed == stayed_.end() ? 0 : stayed->second;
  const std::size_t left = before > ended ? before - ended : 0;
  const std::size_t wanted = demand_.least(pool);
  if (std::max(left, demand_.staying(pool)) >= wanted) return;
  throw Violated(kWarmRule, str(record.id.value, " ends as idle, ", left, " are left of pool ",
                                pool.value, ", and its windows want ", wanted));
}

// Callers wait, or did until this turn, and no more workers may be.
bool Warm::gives_its_place() const {
  const core::Settings& settings = ground_.options.settings;
  const core::Records& durable = store_.durable();
  if (durable.attempts.size() + durable.workers.size() >= settings.max_workers) {
    return !waited_.empty();
  }
  return std::any_of(waited_.begin(), waited_.end(), [&](const PoolName& pool) {
    const auto found = settings.pools.find(pool);
    if (found == settings.pools.end() || found->second.max_workers == 0) return false;
    const auto workers =
        std::count_if(durable.workers.begin(), durable.workers.end(),
                      [&](const auto& entry) { return entry.second.pool == pool; });
    return static_cast<std::size_t>(workers) + open_launches(pool, {}) >= found->second.max_workers;
  });
}

// Its idle time was over long ago, nobody leases it, it computes for nobody and is held for nobody.
const core::WorkerRecord* Warm::kept_for_nobody() const {
  const core::Settings& settings = ground_.options.settings;
  const core::Records& durable = store_.durable();
  // A restart gives every client the time to be heard anew.
  const Moment heard =
      std::max(memory_.started_at(), ground_.last_pause_ended().value_or(Moment{}));
  if (ground_.turn.at - heard < settings.restart_grace + seconds{5}) return nullptr;
  const Duration late = 2 * settings.quiet_interval + settings.idle_save_interval;
  for (const auto& entry : durable.workers) {
    const core::WorkerRecord& worker = entry.second;
    const Life* const life = history_.life(worker.id);
    if (worker.phase != WorkerPhase::kReady || life == nullptr || life->failing_since ||
        life->doubted || life->end_asked || life->told_ending || life->told_stopped ||
        !life->told_running || worker.doubted || !configured(settings, worker)) {
      continue;
    }
    const bool leased =
        std::any_of(durable.leases.begin(), durable.leases.end(),
                    [&](const auto& entry) { return entry.second.worker == worker.id; });
    const bool computes =
        life->instance->computing(ground_.now()) || life->question_open ||
        (life->computed &&
         ground_.now() - *life->computed < settings.pools.at(worker.pool).idle_timeout + late);
    const bool held = counts_want(history_.needs_lately(worker.pool), kind_of(worker));
    if (!leased && !computes && !held && demand_.least(worker.pool) != 0 &&
        idle_is_over(settings, worker, ground_.turn.now.boot, late)) {
      return &worker;
    }
  }
  return nullptr;
}

// Nothing is on its way, nothing ends, and callers wait.
void Warm::nobody_lacks_its_place() {
  const core::Records& durable = store_.durable();
  const bool full = durable.workers.size() >= ground_.options.settings.max_workers;
  const bool all_ready =
      std::all_of(durable.workers.begin(), durable.workers.end(),
                  [](const auto& entry) { return entry.second.phase == WorkerPhase::kReady; });
  if (waited_.empty() || !full || !durable.attempts.empty() || !all_ready || ground_.deaf() ||
      memory_.stopping() || memory_.unwritten() || history_.commit_failing() ||
      ground_.settings_just_told || !memory_.cloud().settled() || memory_.cloud().in_trouble() ||
      kept_for_nobody() == nullptr) {
    in_the_way_since_.reset();
    return;
  }
  if (!in_the_way_since_) in_the_way_since_ = ground_.turn.at;
  const Duration limit = ground_.options.settings.quiet_interval +
                         2 * ground_.options.settings.probe_answer_limit + seconds{5} +
                         4 * ground_.options.batching;
  if (ground_.turn.at - std::max(*in_the_way_since_, ground_.hears_since()) <= limit) return;
  throw Violated(kWarmRule, str("callers wait since ", stamp(*in_the_way_since_), " while ",
                                kept_for_nobody()->id.value, " is kept, which nobody uses"));
}

bool Warm::hindered(const PoolName& pool) const {
  const CloudMemory& cloud = memory_.cloud();
  if (ground_.deaf() || memory_.stopping() || memory_.unwritten() || history_.commit_failing() ||
      ground_.settings_just_told || !cloud.settled() || !cloud.named() || cloud.wrong_account() ||
      cloud.in_trouble() || cloud.failing_since()) {
    return true;
  }
  const core::Settings& settings = ground_.options.settings;
  const std::size_t counted = store_.durable().attempts.size() + store_.durable().workers.size();
  if (counted >= settings.max_workers || !memory_.obstacles(pool, {}).empty()) return true;
  const auto troubled = troubled_.find(pool);
  return troubled != troubled_.end() &&
         ground_.turn.at - troubled->second <= settings.warm_retry_max + settings.capacity_memory;
}

void Warm::has_enough(const PoolName& pool) {
  const std::size_t there = demand_.staying(pool) + open_launches(pool, {});
  if (there >= demand_.least(pool) || hindered(pool)) {
    short_since_.erase(pool);
    return;
  }
  const Moment since = short_since_.try_emplace(pool, ground_.turn.at).first->second;
  const Duration limit =
      ground_.options.settings.warm_retry_min + seconds{5} + 4 * ground_.options.batching;
  if (ground_.turn.at - std::max(since, ground_.hears_since()) <= limit) return;
  throw Violated(kWarmRule, str("pool ", pool.value, " has ", there, " workers and launches, its ",
                                "windows want ", demand_.least(pool), " since ", stamp(since),
                                ", and nothing stands in the way"));
}

void Warm::has_them_ready(const PoolName& pool) {
  const auto& workers = store_.durable().workers;
  const auto ready = std::count_if(workers.begin(), workers.end(), [&](const auto& entry) {
    return entry.second.pool == pool && entry.second.phase == WorkerPhase::kReady;
  });
  if (static_cast<std::size_t>(ready) >= demand_.least(pool) || hindered(pool) ||
      !boots_go_well(ground_.options)) {
    unready_since_.erase(pool);
    return;
  }
  const Moment since = unready_since_.try_emplace(pool, ground_.turn.at).first->second;
  if (ground_.turn.at - std::max(since, ground_.hears_since()) <= useful_bound(ground_.options)) {
    return;
  }
  throw Violated(kWarmRule, str("pool ", pool.value, " has ", ready, " ready workers, its windows ",
                                "want ", demand_.least(pool), " since ", stamp(since)));
}

void Warm::answered(CallerId, const core::Answer& answer) {
  const auto* refused = std::get_if<core::Refused>(&answer);
  if (refused != nullptr && refused->why.find(" is reached (") != refused->why.npos &&
      refused->reason == core::RefusalReason::kLimit && !ground_.settings_just_told &&
      !history_.commit_failing() && !ground_.deaf()) {
    if (const core::WorkerRecord* const worker = kept_for_nobody()) {
      throw Violated(kWarmRule, str("a caller is refused (", refused->why, ") while ",
                                    worker->id.value, " is kept, which nobody uses"));
    }
  }
  const auto* all = std::get_if<core::Overview>(&answer);
  if (all == nullptr || ground_.settings_just_told || all_told_) return;
  for (const core::PoolRow& row : all->pools) judge_row(row);
}

void Warm::judge_row(const core::PoolRow& row) const {
  const auto demand = [&](bool so, std::string_view what) {
    if (so) return;
    throw Violated(kWarmRule, str("STATUS all shows of the windows of pool ", row.pool.value, " ",
                                  what, " that is not so"));
  };
  const auto windows = ground_.warm.find(row.pool);
  const bool has = windows != ground_.warm.end() && !windows->second.empty();
  demand(row.warm.has_value() == has, "one");
  if (!has) return;
  const bool counts = row.warm->holds && !row.warm->suspended;
  const std::size_t wanted = counts ? row.warm->wanted : 0;
  demand(wanted <= demand_.most(row.pool) && wanted >= demand_.least(row.pool), "a number");
  demand(!row.warm->holds || row.warm->from < row.warm->until, "a time");
}

void Warm::turned() {
  if (ground_.options.warm.empty()) return;
  const bool told = std::exchange(all_told_, false);
  if (told && demand_.within_a_window(ground_.turn.now.wall) && !ground_.settings_just_told &&
      !history_.commit_failing() &&
      store_.durable().broker->terminated_all != ground_.turn.now.wall) {
    throw Violated(kWarmRule, "a TERMINATE_ALL within a window is not in the journal");
  }
  waited_.clear();
  for (const auto& [pool, callers] : history_.waiting_for()) waited_.insert(pool);
  ended_.clear();
  for (const auto& [pool, settings] : ground_.options.settings.pools) {
    stayed_[pool] = demand_.staying(pool);
    has_enough(pool);
    has_them_ready(pool);
  }
  nobody_lacks_its_place();
}

void Warm::went_down() {
  waited_.clear();
  stayed_.clear();
  ended_.clear();
  short_since_.clear();
  unready_since_.clear();
  in_the_way_since_.reset();
  all_told_ = false;
}

}  // namespace cb::sim
