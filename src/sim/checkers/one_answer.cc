#include "sim/checkers/one_answer.h"

#include <algorithm>

#include "base/text.h"
#include "sim/cloud/sim_cloud.h"

namespace cb::sim {
namespace {

constexpr const char* kOneAnswerRule = "1-one-answer";
// For the steps that lie between two events of one moment.
constexpr Duration kSteps = milliseconds{50};

}  // namespace

Duration OneAnswer::patience(const core::Request& request) const {
  const core::Settings& settings = ground_.options.settings;
  if (const auto* get = std::get_if<core::GetWorker>(&request)) {
    return get->wait.value_or(settings.wait_default);
  }
  // One listing may be under way already when another is wanted.
  if (std::holds_alternative<core::ListAll>(request)) {
    return 3 * SimCloud::kCallLimit + settings.listing_fast;
  }
  if (std::holds_alternative<core::TerminateAll>(request)) return settings.terminate_all_patience;
  return Duration{0};
}

void OneAnswer::asked(CallerId caller, const core::Request& request) {
  open_.emplace(caller, request);
  const Duration limit = patience(request);
  ground_.after_hearing(limit + 2 * ground_.options.batching + kSteps, [this, caller, limit] {
    if (!open_.contains(caller)) return;
    throw Violated(kOneAnswerRule,
                   str("caller ", caller.value, " has no answer after ", to_string(limit)));
  });
}

bool OneAnswer::fits(const core::Request& request, const core::Answer& answer) {
  const bool refused = std::holds_alternative<core::Refused>(answer);
  const bool failed = std::holds_alternative<core::CommandFailed>(answer);
  if (std::holds_alternative<core::GetWorker>(request)) {
    const bool several = std::get<core::GetWorker>(request).count > 1;
    return refused || (several ? std::holds_alternative<core::WorkerAddresses>(answer)
                               : std::holds_alternative<core::WorkerAddress>(answer));
  }
  if (std::holds_alternative<core::Ping>(request)) {
    return refused || std::holds_alternative<core::Ok>(answer);
  }
  // OK as well when the worker is unknown, as clients expect.
  if (std::holds_alternative<core::Release>(request)) {
    const bool leased = !std::get<core::Release>(request).lease.none();
    return std::holds_alternative<core::Ok>(answer) || (leased && refused);
  }
  if (std::holds_alternative<core::Renew>(request)) {
    return refused || std::holds_alternative<core::Ok>(answer);
  }
  if (std::holds_alternative<core::ShowStatus>(request)) {
    return std::holds_alternative<core::StatusRows>(answer) ||
           std::holds_alternative<core::Overview>(answer);
  }
  if (std::holds_alternative<core::ListAll>(request)) {
    return failed || std::holds_alternative<core::AllInstances>(answer);
  }
  return failed || std::holds_alternative<core::TerminatedIds>(answer);
}

void OneAnswer::answered(CallerId caller, const core::Answer& answer) {
  if (const auto found = open_.find(caller); found != open_.end()) {
    if (!fits(found->second, answer)) {
      throw Violated(kOneAnswerRule,
                     str("caller ", caller.value, " got an answer to something else"));
    }
    open_.erase(found);
    return;
  }
  const auto gone = gone_.find(caller);
  if (gone == gone_.end()) {
    throw Violated(kOneAnswerRule, str("caller ", caller.value, " got a second answer"));
  }
  // An answer that was decided before the broker heard of it crosses the hang-up.
  if (ground_.now() - std::max(gone->second, ground_.hears_since()) > ground_.options.batching) {
    throw Violated(kOneAnswerRule,
                   str("caller ", caller.value, " was answered after it had hung up"));
  }
  gone_.erase(gone);
}

void OneAnswer::hung_up(CallerId caller) {
  if (open_.erase(caller) != 0) gone_[caller] = ground_.now();
}

}  // namespace cb::sim
