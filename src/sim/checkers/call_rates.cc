#include "sim/checkers/call_rates.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace cb::sim {
namespace {

constexpr const char* kCallRatesRule = "8-call-rates";

}  // namespace

void CallRates::asked(CallerId, const core::Request& request) {
  reason_ = reason_ || std::holds_alternative<core::GetWorker>(request) ||
            std::holds_alternative<core::ListAll>(request) ||
            std::holds_alternative<core::TerminateAll>(request);
  // A person asks for them all: what was refused may be asked for anew.
  if (!std::holds_alternative<core::TerminateAll>(request)) return;
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
  if (std::holds_alternative<core::ListByIds>(what.what)) {
    if (std::exchange(by_ids_, what.query))
      throw Violated(kCallRatesRule, "two questions by id at once");
    if (!std::exchange(answered_, false)) {
      throw Violated(kCallRatesRule, "a second question by id for one listing");
    }
    return;
  }
  if (in_flight_) throw Violated(kCallRatesRule, "two listings at once");
  const core::Settings& settings = ground_.options.settings;
  const Moment now = ground_.now();
  if (last_listing_) {
    const Duration since = now - *last_listing_;
    const bool busy = reason_ || something_goes_on();
    const Duration least = busy ? settings.listing_fast : settings.listing_slow;
    if (since < least) {
      throw Violated(kCallRatesRule, str("a listing ", to_string(since), " after the one before, ",
                                         busy ? "which is too soon" : "with nothing going on"));
    }
  }
  last_listing_ = now;
  in_flight_ = what.query;
  // Of several probes that failed in this very moment, the first made the broker ask, and the
  // next was heard when it had asked already.
  reason_ = failed_at_ == now && failed_ > 1;
}

void CallRates::launch_called(const LaunchCall&) {
  reason_ = true;
}

void CallRates::terminate_called(const std::vector<InstanceId>& ids) {
  reason_ = true;
  for (const InstanceId& id : ids) {
    End& end = ends_[id];
    if (ground_.now() < end.not_before) {
      throw Violated(kCallRatesRule,
                     str("the end of ", id.value, " was asked for again ",
                         to_string(Duration{end.not_before - ground_.now()}), " too soon"));
    }
    end.not_before = ground_.now() + ground_.options.settings.terminate_repeat;
  }
}

void CallRates::listed(const core::Listed& answer) {
  if (by_ids_ == answer.query) by_ids_.reset();
  if (in_flight_ == answer.query) {
    in_flight_.reset();
    answered_ = true;
  }
  const auto* listing = std::get_if<core::Listing>(&answer.result);
  reason_ = reason_ || listing == nullptr;
}

void CallRates::terminate_answered(const core::TerminateAnswered& answer) {
  reason_ = true;
  if (const auto* accepted = std::get_if<core::TerminateAccepted>(&answer.result)) {
    for (const core::TerminatedNow& one : accepted->instances) ends_[one.id].failures = 0;
    for (const core::InstanceRefused& one : accepted->refused) again_later(one.id);
    return;
  }
  for (const InstanceId& id : answer.asked) again_later(id);
}

void CallRates::again_later(const InstanceId& id) {
  const core::Settings& settings = ground_.options.settings;
  End& end = ends_[id];
  const std::size_t doublings = std::min<std::size_t>(end.failures++, 10);
  const Duration delay =
      std::min(settings.retry_delay_min * (1 << doublings), settings.terminate_repeat);
  end.not_before = std::min(end.not_before, ground_.now() + delay);
}

void CallRates::probed(core::ProbeOutcome outcome) {
  if (outcome != core::ProbeOutcome::kRefused && outcome != core::ProbeOutcome::kUnreachable) {
    return;
  }
  reason_ = true;
  failed_ = failed_at_ == ground_.now() ? failed_ + 1 : 1;
  failed_at_ = ground_.now();
}

void CallRates::told(const core::Event& event) {
  if (const auto* answer = std::get_if<core::Listed>(&event)) {
    listed(*answer);
  } else if (const auto* ended = std::get_if<core::TerminateAnswered>(&event)) {
    terminate_answered(*ended);
  } else if (const auto* probe = std::get_if<core::Probed>(&event)) {
    probed(probe->outcome);
  } else if (std::holds_alternative<core::Identified>(event)) {
    // When it opens the cloud, all that is ending is asked for again.
    reason_ = true;
    for (auto& [id, end] : ends_) end.not_before = ground_.now();
  } else if (std::holds_alternative<core::KeysChanged>(event)) {
    // The listing in flight is not waited for, and all is asked anew with the new ones.
    in_flight_.reset();
    by_ids_.reset();
    reason_ = true;
  } else if (!std::holds_alternative<core::Asked>(event)) {
    reason_ = true;
  }
}

void CallRates::went_down() {
  last_listing_.reset();
  in_flight_.reset();
  by_ids_.reset();
  answered_ = false;
  ends_.clear();
  reason_ = true;
}

}  // namespace cb::sim
