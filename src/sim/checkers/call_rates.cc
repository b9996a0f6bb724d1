#include "sim/checkers/call_rates.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace cb::sim {
namespace {

constexpr const char* kCallRatesRule = "8-call-rates";

}  // namespace

void CallRates::asked(CallerId, const core::Request& request) {
  if (std::holds_alternative<core::GetWorker>(request) ||
      std::holds_alternative<core::ListAll>(request) ||
      std::holds_alternative<core::TerminateAll>(request)) {
    give_reason();
  }
  // A person asks for them all: what was refused may be asked for anew.
  if (std::holds_alternative<core::TerminateAll>(request)) may_all_be_asked_anew();
}

void CallRates::may_all_be_asked_anew() {
  for (auto& [id, end] : ends_) {
    if (end.failures != 0) end.not_before = ground_.now();
  }
}

bool CallRates::something_goes_on() const {
  const core::Records& durable = store_.durable();
  if (!durable.attempts.empty() || history_.commit_failing()) return true;
  for (const auto& [id, worker] : durable.workers) {
    if (worker.phase != core::WorkerPhase::kReady) return true;
  }
  for (const auto& [caller, waiting] : history_.waiting()) {
    if (!std::holds_alternative<core::Ping>(waiting.request)) return true;
  }
  return false;
}

void CallRates::listing_called(const core::ListInstances& what) {
  Region& region = regions_[what.region];
  if (std::holds_alternative<core::ListByIds>(what.what)) {
    if (std::exchange(region.by_ids, what.query))
      throw Violated(kCallRatesRule, "two questions by id at once");
    if (!std::exchange(region.answered, false)) {
      throw Violated(kCallRatesRule, "a second question by id for one listing");
    }
    return;
  }
  if (region.in_flight) throw Violated(kCallRatesRule, "two listings at once");
  const core::Settings& settings = ground_.options.settings;
  const Moment now = ground_.now();
  if (region.last_listing) {
    const Duration since = now - *region.last_listing;
    const bool busy = region.reason || something_goes_on();
    const Duration least = busy ? settings.listing_fast : settings.listing_slow;
    if (since < least) {
      throw Violated(kCallRatesRule, str("a listing ", to_string(since), " after the one before, ",
                                         busy ? "which is too soon" : "with nothing going on"));
    }
  }
  region.last_listing = ground_.turn.at;
  list_by_.reset();
  region.in_flight = what.query;
  // Of several reasons, the first made the broker ask, and the next was heard when it had asked
  // already.
  region.reason = region.reasons > (region.reason_before ? 0 : 1);
}

void CallRates::give_reason() {
  for (auto& [name, region] : regions_) {
    region.reason = true;
    ++region.reasons;
  }
}

void CallRates::launch_called(const LaunchCall&) {
  give_reason();
}

void CallRates::terminate_called(const std::vector<InstanceId>& ids) {
  give_reason();
  for (const InstanceId& id : ids) {
    End& end = ends_[id];
    if (ground_.now() < end.not_before) {
      throw Violated(kCallRatesRule,
                     str("the end of ", id.value, " was asked for again ",
                         to_string(Duration{end.not_before - ground_.now()}), " too soon"));
    }
    end.not_before = ground_.turn.at + ground_.options.settings.terminate_repeat;
    due_.erase(id);
  }
}

void CallRates::listed(const core::Listed& answer) {
  for (auto& [name, region] : regions_) {
    if (region.by_ids == answer.query) region.by_ids.reset();
    if (region.in_flight != answer.query) continue;
    region.in_flight.reset();
    region.listed_at = ground_.now();
    region.answered = true;
  }
  const auto* listing = std::get_if<core::Listing>(&answer.result);
  // One that proves whose the keys are has those of the other regions asked for.
  if (listing == nullptr || !memory_.cloud().named()) give_reason();
}

void CallRates::terminate_answered(const core::TerminateAnswered& answer) {
  give_reason();
  if (const auto* accepted = std::get_if<core::TerminateAccepted>(&answer.result)) {
    for (const core::TerminatedNow& one : accepted->instances) {
      ends_[one.id].failures = 0;
      due_.erase(one.id);
    }
    for (const core::InstanceRefused& one : accepted->refused) again_later(one.id);
    return;
  }
  for (const InstanceId& id : answer.asked) again_later(id);
}

void CallRates::again_later(const InstanceId& id) {
  const core::Settings& settings = ground_.options.settings;
  End& end = ends_[id];
  const std::size_t doublings = std::min<std::size_t>(end.failures++, 16);
  const Duration delay = std::min(settings.retry_delay_min * (std::int64_t{1} << doublings),
                                  settings.terminate_repeat);
  end.not_before = std::min(end.not_before, ground_.now() + delay);
  due_[id] = ground_.now() + delay;
}

void CallRates::probed(const core::Probed& probe) {
  const core::ProbeOutcome outcome = probe.outcome;
  if (outcome != core::ProbeOutcome::kRefused && outcome != core::ProbeOutcome::kUnreachable) {
    if (!failed_probes_.empty()) failed_probes_.erase(probe.worker);
    return;
  }
  give_reason();
  const auto worker = store_.durable().workers.find(probe.worker);
  // Who is a suspect already is asked about already; what became of whom is not in a journal that
  // cannot be written.
  const bool good = !history_.commit_failing() && worker != store_.durable().workers.end() &&
                    worker->second.phase == core::WorkerPhase::kReady && !worker->second.doubted;
  if (!good) return;
  const core::Settings& settings = ground_.options.settings;
  if (++failed_probes_[probe.worker] != settings.alive_failures_max || list_by_) return;
  const bool in_flight = std::any_of(regions_.begin(), regions_.end(), [](const auto& entry) {
    return entry.second.in_flight.has_value();
  });
  list_by_ = ground_.now() + settings.listing_fast + (in_flight ? seconds{60} : seconds{0});
}

void CallRates::told(const core::Event& event) {
  if (const auto* answer = std::get_if<core::Listed>(&event)) {
    listed(*answer);
  } else if (const auto* ended = std::get_if<core::TerminateAnswered>(&event)) {
    terminate_answered(*ended);
  } else if (const auto* probe = std::get_if<core::Probed>(&event)) {
    probed(*probe);
  } else if (std::holds_alternative<core::Identified>(event)) {
    // When it opens the cloud, all that is ending is asked for again.
    give_reason();
    for (auto& [id, end] : ends_) end.not_before = ground_.now();
  } else if (std::holds_alternative<core::KeysChanged>(event)) {
    // The listing in flight is not waited for, and all is asked anew with the new ones.
    for (auto& [name, region] : regions_) {
      region.in_flight.reset();
      region.by_ids.reset();
      region.listed_at = ground_.now();
    }
    give_reason();
  } else if (!std::holds_alternative<core::Asked>(event)) {
    const auto* stop = std::get_if<core::StopRequested>(&event);
    if (stop != nullptr && stop->terminate_workers) may_all_be_asked_anew();
    give_reason();
  }
}

// The end of whatever is pending is seen at the fast pace.
void CallRates::lists_often_enough() {
  if (!something_pends()) pending_since_.reset();
  if (something_pends() && !pending_since_) pending_since_ = ground_.now();
  if (ground_.deaf() || !memory_.cloud().settled() || memory_.cloud().wrong_account()) return;
  for (const auto& [name, region] : regions_) list_often_enough(region);
}

void CallRates::list_often_enough(const Region& region) {
  if (region.in_flight || !region.last_listing) return;
  const Moment now = ground_.now();
  const Duration late = seconds{1} + 4 * ground_.options.batching;
  const Moment hears = ground_.hears_since();
  const bool suspect =
      list_by_ && !history_.commit_failing() && now > std::max(*list_by_, hears) + late;
  const Moment since =
      std::max({*region.last_listing, region.listed_at, pending_since_.value_or(now), hears});
  if (!suspect && now - since <= ground_.options.settings.listing_fast + late) return;
  throw Violated(kCallRatesRule,
                 str("no listing since ", stamp(*region.last_listing),
                     suspect ? ", with a suspect" : ", while something is pending"));
}

bool CallRates::something_pends() const {
  if (history_.commit_failing()) return false;
  const core::Records& durable = store_.durable();
  return !durable.attempts.empty() ||
         std::any_of(durable.workers.begin(), durable.workers.end(), [](const auto& entry) {
           return entry.second.phase != core::WorkerPhase::kReady;
         });
}

void CallRates::asks_again_in_time() const {
  if (!memory_.cloud().settled() || history_.commit_failing()) return;
  const Duration late = seconds{1} + 4 * ground_.options.batching;
  for (const auto& [id, due] : due_) {
    if (ground_.now() <= std::max(due, ground_.hears_since()) + late) continue;
    const auto worker = store_.durable().workers.find(id);
    const bool ending = worker != store_.durable().workers.end() &&
                        worker->second.phase == core::WorkerPhase::kTerminating;
    if (!ending) continue;
    throw Violated(kCallRatesRule,
                   str("the end of ", id.value, " failed and is not asked for again"));
  }
}

void CallRates::turned() {
  for (auto& [name, region] : regions_) {
    region.reasons = 0;
    region.reason_before = region.reason;
  }
  lists_often_enough();
  if (!due_.empty()) asks_again_in_time();
}

void CallRates::went_down() {
  list_by_.reset();
  failed_probes_.clear();
  regions_.clear();
  ends_.clear();
  due_.clear();
}

}  // namespace cb::sim
