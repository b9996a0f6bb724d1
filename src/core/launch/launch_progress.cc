// What those who wait are told meanwhile.

#include <algorithm>
#include <chrono>

#include "base/text.h"
#include "core/launch/launcher.h"

namespace cb::core {

// Of the workers that come the first who may be his; one that is out of sight where nothing else
// is.
const Worker* Launcher::told_of(const PoolName& pool, const Need& need) const {
  const Worker* unseen = nullptr;
  for (const Worker* const worker : workers_.coming(pool)) {
    const WorkerRecord& record = worker->record;
    if (!need.fits(record)) continue;
    if (!out_of_sight(*worker)) return worker;
    unseen = worker;
  }
  return under_way(pool, need) == nullptr ? unseen : nullptr;
}

Progress Launcher::progress(const PoolName& pool, const Need& need) const {
  const auto age = [&](Instant since) {
    return str(std::chrono::floor<seconds>(step_.now.boot - since).count(), "s");
  };
  if (const Worker* const worker = told_of(pool, need)) {
    const WorkerRecord& record = worker->record;
    if (worker->suspect()) {
      return {Progress::Phase::kBooting,
              str("waiting for ", record.id.value, ", whose service is gone since ",
                  age(*record.doubted), " and may start again")};
    }
    if (record.phase == WorkerPhase::kReady) {
      return {Progress::Phase::kBooting,
              str("waiting for ", record.id.value, ", which the journal knows as ready and which ",
                  "has not shown itself since this start")};
    }
    if (record.phase == WorkerPhase::kAdopting && worker->question && worker->question->asked) {
      return {Progress::Phase::kBooting,
              str("waiting for ", record.id.value, ", which was found again and does not answer ",
                  "yet, ", age(record.begun))};
    }
    const bool running = worker->state == InstanceState::kRunning;
    std::string text =
        str(running ? "booting " : "pending ", record.id.value, " ", age(record.begun));
    const auto usual = usual_boot_.find(pool);
    if (usual != usual_boot_.end()) {
      const auto left = std::chrono::ceil<seconds>(record.begun + usual->second - step_.now.boot);
      text += left.count() > 0 ? str(", ready in about ", left.count(), "s") : ", ready soon";
    }
    return {running ? Progress::Phase::kBooting : Progress::Phase::kPending, text};
  }
  if (const Attempt* const attempt = under_way(pool, need)) {
    std::string text = str("launching ", name_of(candidate_of(attempt->record)));
    if (attempt->failures != 0) text += str(" (", attempt->last_trouble, ")");
    const std::string why = why_not_those_before(pool, need, candidate_of(attempt->record));
    if (!why.empty()) text += str(", since ", why);
    return {Progress::Phase::kLaunching, text};
  }
  return {Progress::Phase::kWaiting, waits_for_what(pool, need)};
}

// Unset: what is next need not wait for one.
std::optional<std::string> Launcher::waits_for_listing_of(const PoolName& pool,
                                                          const Need& need) const {
  const auto next = next_candidate(pool, need);
  if (next && !step_.cloud(next->region).listed_once) return next->region;
  if (knows_what_there_is(pool)) return {};
  for (const auto& [region, cloud] : step_.clouds) {
    if (!cloud.listed_once && !cut_off(region)) return region;
  }
  return {};
}

// No worker is on its way and no launch is open. In the order in which ensure() asks.
std::string Launcher::waits_for_what(const PoolName& pool, const Need& need) const {
  if (step_.pool(pool) == nullptr) return str("pool ", pool.value, " is not configured");
  if (const auto why = unreachable(pool)) return str("asking EC2 anew; lately: ", *why);
  if (const auto region = waits_for_listing_of(pool, need)) {
    const CloudState& cloud = step_.cloud(*region);
    if (!cloud.doubt.empty()) return cloud.doubt;
    return str("waiting for EC2's first listing",
               *region == step_.settings.region ? "" : " in " + *region);
  }
  if (left_to_another_count(pool, need)) {
    return str("waiting until who asked for ", waiting_.oldest_count(pool)->count,
               " workers before is served");
  }
  if (const auto why = forbidden(pool)) return why->why;
  if (full(pool)) {
    if (yielding_.contains(pool)) return "waiting for the place of a worker that nobody uses";
    return places_soon(pool) != 0 ? why_room_soon() : why_full(pool, need);
  }
  if (const auto full_hour = limits_.hour_is_full()) return full_hour->why;
  const auto next = next_candidate(pool, need);
  return next ? str("about to launch ", name_of(*next)) : nothing_left(pool, need).why;
}

// The two do not fit together under max_workers: for this one nothing is begun.
bool Launcher::left_to_another_count(const PoolName& pool, const Need& need) const {
  const Need* const first = waiting_.oldest_count(pool);
  if (need.count == 1 || first == nullptr || *first == need) return false;
  const Placement placed = place(pool, with_launches(pool));
  return std::none_of(placed.missing.begin(), placed.missing.end(),
                      [&](const auto& missing) { return missing.need == need; });
}

std::string Launcher::why_room_soon() const {
  std::string text = "waiting for a worker that is being terminated";
  for (const InstanceId& id : workers_.ids()) {
    const Worker& worker = *workers_.find(id);
    if (!worker.end_refusal) continue;
    return text + str(" (EC2 refuses to end ", id.value, ": ", why_refused(worker), ")");
  }
  return text;
}

}  // namespace cb::core
