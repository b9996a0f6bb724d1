// How many workers those who wait need, how many are on their way, and whether more may be
// launched.

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.h"
#include "core/launch/launcher.h"

namespace cb::core {

namespace {

Slot slot_of(const WorkerPool& workers, const Worker& worker, bool ready) {
  return {.type = worker.record.type,
          .market = worker.record.market,
          .region = worker.record.region,
          .room = workers.room(worker),
          .fresh = workers.free_for_one_alone(worker),
          .ready = ready};
}

std::size_t workers_missing(const Placement& placed) {
  std::size_t out = 0;
  for (const auto& missing : placed.missing) out += missing.workers;
  return out;
}

}  // namespace

std::vector<Launcher::Unlaunched> Launcher::ensure(const PoolName& name) {
  if (step_.stopping) {
    return nobody(name, RefusalReason::kStopping,
                  "the broker is stopping; ask again in a few seconds");
  }
  if (step_.pool(name) == nullptr) {
    return nobody(name, RefusalReason::kUnknownPool,
                  str("pool ", name.value, " is not configured"));
  }
  const Placement on_workers = place(name, coming(name));
  if (on_workers.missing.empty() || !full(name)) yielding_.erase(name);
  if (on_workers.missing.empty()) return {};
  const auto for_whom_nothing_comes = [&](const std::string& why) {
    std::vector<Unlaunched> out;
    for (const auto& missing : on_workers.missing) {
      if (!missing.nothing_comes) continue;
      out.push_back({missing.need, now_and_until_somebody_acts(RefusalReason::kCloud, why)});
    }
    return out;
  };
  if (const auto why = unreachable(name)) {
    return asked_anew(name, {}) ? std::vector<Unlaunched>{} : for_whom_nothing_comes(*why);
  }
  if (const auto why = mismatch(name)) {
    if (auto out = for_whom_nothing_comes(*why); !out.empty()) return out;
  }
  leave_regions_that_are_cut_off(name);
  Placement placed = place(name, with_launches(name));
  std::vector<LaunchToken> asleep;
  for (const Slot& slot : placed.slots) {
    if (!slot.used || slot.launch == nullptr || awake(attempts_.at(*slot.launch))) continue;
    asleep.push_back(*slot.launch);
  }
  for (const LaunchToken& token : asleep) retry(token);
  if (!asleep.empty()) placed = place(name, with_launches(name));
  return launch_for(name, std::move(placed));
}

std::optional<std::string> Launcher::mismatch(const PoolName& name) const {
  for (const LaunchToken& token : under_way_for(name)) {
    const AttemptRecord& record = attempts_.at(token).record;
    if (record.mismatch && !cut_off(record.region)) return why_mismatch(token);
  }
  return {};
}

// Nobody gets anything, for one reason.
std::vector<Launcher::Unlaunched> Launcher::nobody(const PoolName& name, RefusalReason reason,
                                                   const std::string& why) const {
  std::vector<Unlaunched> out;
  for (const Group& group : waiting_.groups(name)) {
    out.push_back({group.need, now_and_until_somebody_acts(reason, why)});
  }
  return out;
}

// One after the other, since each may serve others as well. Where nothing can be launched for those
// who lack a worker of their own, who would have shared it may have a candidate that is left.
std::vector<Launcher::Unlaunched> Launcher::launch_for(const PoolName& name, Placement placed) {
  keep_yielding(name);
  std::map<Need, std::optional<NoLaunch>> failed;
  const auto next = [&]() -> const Need* {
    for (const bool own : {true, false}) {
      for (const auto& missing : placed.missing) {
        const bool tries = own ? missing.workers != 0 : missing.nothing_comes;
        if (tries && !failed.contains(missing.need)) return &missing.need;
      }
    }
    return nullptr;
  };
  while (const Need* const need = next()) {
    if (full(name) && could_launch(name, *need)) make_room(name, workers_missing(placed));
    const Tried tried = launch_one(name, *need, "a caller waits and no worker is ready");
    if (!tried.begun) {
      failed.emplace(*need, tried.none);
    } else {
      placed = place(name, with_launches(name));
    }
  }
  std::vector<Unlaunched> out;
  for (const auto& missing : placed.missing) {
    const auto why = failed.find(missing.need);
    if (!missing.nothing_comes || why == failed.end() || !why->second) continue;
    out.push_back({missing.need, *why->second});
  }
  return out;
}

// Were there room for it.
bool Launcher::could_launch(const PoolName& name, const Need& need) const {
  return !forbidden(name) && !limits_.hour_is_full() && next_candidate(name, need).has_value();
}

// Its answer is due, or its next call.
bool Launcher::awake(const Attempt& attempt) const {
  return attempt.in_flight ||
         step_.timers.armed({TimerKind::kAttemptRetry, attempt.record.token.value});
}

// Whoever waits for several at once is served by those that are there as well.
std::vector<Slot> Launcher::coming(const PoolName& name) const {
  std::vector<Slot> out;
  if (waiting_.counts_wait_for(name)) {
    for (const Worker* const worker : workers_.with_room_left(name)) {
      out.push_back(slot_of(workers_, *worker, true));
    }
  }
  for (const Worker* const worker : workers_.coming(name)) {
    if (!out_of_sight(*worker)) out.push_back(slot_of(workers_, *worker, false));
  }
  return out;
}

void Launcher::add_launch(std::vector<Slot>& slots, const Attempt& attempt) const {
  const AttemptRecord& record = attempt.record;
  slots.push_back({.type = record.type,
                   .market = record.market,
                   .region = record.region,
                   .room = step_.pool(record.pool)->places(record.type),
                   .launch = &record.token});
}

// One whose time for a call is over may have made an instance all the same; those that are surer to
// come stand before it.
std::vector<Slot> Launcher::with_launches(const PoolName& name) const {
  std::vector<Slot> out = coming(name);
  for (const bool sure : {true, false}) {
    for (const LaunchToken& token : under_way_for(name)) {
      const Attempt& attempt = attempts_.at(token);
      const bool comes = !passed_over(name, attempt.record.region);
      if (awake(attempt) == sure && comes) add_launch(out, attempt);
    }
  }
  return out;
}

Placement Launcher::place(const PoolName& name, std::vector<Slot> slots) const {
  const PoolSettings& pool = *step_.pool(name);
  const auto left = [](std::size_t most, std::size_t taken) {
    return most - std::min(most, taken);
  };
  std::size_t more = left(step_.settings.max_workers, workers_.counted() + attempts_.size());
  if (pool.max_workers != 0) {
    more = std::min(more, left(pool.max_workers, workers_.counted_of(name) + open_of(name)));
  }
  return core::place(pool, waiting_.groups(name), std::move(slots), more);
}

bool Launcher::lacks(const PoolName& name, const Candidate& kind, const LaunchToken& launch) const {
  if (step_.pool(name) == nullptr) return false;
  std::vector<Slot> slots = coming(name);
  const bool so_is_this = passed_over(name, kind.region);
  std::size_t others = 0;
  for (const LaunchToken& token : under_way_for(name)) {
    const Attempt& attempt = attempts_.at(token);
    if (token == launch || !awake(attempt)) continue;
    if (passed_over(name, attempt.record.region) && !so_is_this) continue;
    add_launch(slots, attempt);
    ++others;
  }
  if (workers_.staying_of(name) + others < warm_.wanted(name)) return true;
  if (!waiting_.waits_for(name)) return false;
  const Placement placed = place(name, std::move(slots));
  return std::any_of(placed.missing.begin(), placed.missing.end(), [&](const auto& missing) {
    const Need& need = missing.need;
    return need.fits(kind) && (need.count > 1 || workers_.with_room(name, need) == nullptr);
  });
}

// One region of the pool at least has been listed; and where no journal tells, all have been that
// can be: what is in another counts as well, and may be what is wanted.
bool Launcher::knows_what_there_is(const PoolName& name) const {
  const auto regions = step_.settings.regions_of(*step_.pool(name));
  const bool one = std::any_of(regions.begin(), regions.end(), [&](const std::string& region) {
    return step_.cloud(region).listed_once && !cut_off(region);
  });
  return one && (!step_.journal_is_new || step_.all_heard_of());
}

Launcher::Tried Launcher::launch_one(const PoolName& name, const Need& need,
                                     const std::string& why) {
  if (!step_.cloud_open || !knows_what_there_is(name)) return {};
  if (auto forbids = forbidden(name)) return {.none = std::move(forbids)};
  const bool is_full = full(name);
  if (is_full && (places_soon(name) != 0 || yielding_.contains(name) || in_use(name, need))) {
    return {};
  }
  const auto refused_as_full = [&]() -> Tried {
    return {.none = now_and_until_somebody_acts(RefusalReason::kLimit, why_full(name, need))};
  };
  if (is_full && !place_could_be_made(name)) return refused_as_full();
  // Nobody gives his place while nothing could be launched there.
  if (const auto hour = limits_.hour_is_full()) {
    return {.none = NoLaunch{RefusalReason::kLimit, hour->why, hour->since, hour->until}};
  }
  const auto candidate = next_candidate(name, need);
  if (!candidate) {
    if (asked_anew(name, need) || will_be_heard_of(name, need)) return {};
    return {.none = nothing_left(name, need)};
  }
  if (is_full) return refused_as_full();
  if (!step_.cloud(candidate->region).listed_once) return {};
  if (const auto next = limits_.paced_until()) {
    step_.timers.arm_by({TimerKind::kNextTry, ""}, *next);
    return {};
  }
  begin(name, *candidate, why);
  return {.begun = true};
}

bool Launcher::nothing_to_do(const PoolName& name) const {
  if (step_.pool(name) == nullptr) return false;
  for (const Worker* const worker : workers_.coming(name)) {
    if (worker->record.phase != WorkerPhase::kBooting) return false;
  }
  std::vector<Slot> sure = coming(name);
  for (const LaunchToken& token : under_way_for(name)) {
    const Attempt& attempt = attempts_.at(token);
    const bool there = attempt.in_flight && !attempt.record.mismatch;
    if (there && !passed_over(name, attempt.record.region)) add_launch(sure, attempt);
  }
  return place(name, std::move(sure)).missing.empty();
}

bool Launcher::full(const PoolName& name) const {
  return workers_.counted() + attempts_.size() >= step_.settings.max_workers || pool_full(name);
}

bool Launcher::pool_full(const PoolName& name) const {
  const std::size_t most = step_.pool(name)->max_workers;
  return most != 0 && workers_.counted_of(name) + open_of(name) >= most;
}

bool Launcher::in_use(const PoolName& name, const Need& need) const {
  const bool may_be_given_back = need.alone || !step_.pool(name)->any_number_of_clients();
  return may_be_given_back && workers_.ready_of(name, need) != 0;
}

// A doomed launch whose answer is due makes room soon.
std::size_t Launcher::places_soon(const PoolName& name) const {
  const bool of_pool = pool_full(name);
  const auto doomed = [&](const auto& entry) {
    const Attempt& attempt = entry.second;
    return attempt.in_flight && attempt.record.doomed &&
           (!of_pool || attempt.record.pool == name) && !cut_off(attempt.record.region);
  };
  const auto launches = std::count_if(attempts_.begin(), attempts_.end(), doomed);
  std::size_t ends = of_pool ? workers_.ending_of(name) : workers_.ending_unconfirmed();
  if (!step_.cloud_trouble().empty()) {  // where nobody can be asked, none ends soon
    for (const auto& [id, worker] : workers_.all()) {
      const bool counted = !of_pool || worker.record.pool == name;
      if (counted && workers_.ends_unconfirmed(worker) && cut_off(worker.record.region)) --ends;
    }
  }
  return ends + static_cast<std::size_t>(launches);
}

bool Launcher::held_for_a_count(const Worker& worker) const {
  const PoolName& pool = worker.record.pool;
  if (!waiting_.counts_wait_for(pool)) return false;
  const auto groups = waiting_.groups(pool);
  return std::any_of(groups.begin(), groups.end(), [&](const Group& group) {
    return group.need.count > 1 && workers_.takes(worker, group.need);
  });
}

std::string Launcher::why_full(const PoolName& name, const Need& need) const {
  const std::size_t most = step_.pool(name)->max_workers;
  const bool of_pool = pool_full(name);
  if (in_use(name, need)) {
    return str(of_pool ? str("[pool.", name.value, "] max_workers = ", most)
                       : str("max_workers = ", step_.settings.max_workers),
               " is reached, and all ", workers_.ready_of(name, need), " workers of pool ",
               name.value, " are in use: waiting until one is given back");
  }
  if (of_pool) {
    return str("[pool.", name.value, "] max_workers = ", most, " is reached, and none of them can ",
               "be handed out now; see compute-broker list");
  }
  if (step_.settings.max_workers == 0) return "max_workers = 0: launching is switched off";
  std::vector<std::string> parts;
  if (workers_.counted() != 0) parts.push_back(str(workers_.counted(), " workers"));
  if (!attempts_.empty()) parts.push_back(str(attempts_.size(), " launches whose outcome is open"));
  return str("max_workers = ", step_.settings.max_workers, " is reached (", join(parts, ", "),
             "), and none of them can be handed out now; see compute-broker list");
}

}  // namespace cb::core
