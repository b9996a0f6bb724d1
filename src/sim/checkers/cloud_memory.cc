#include "sim/checkers/cloud_memory.h"

#include <algorithm>
#include <utility>

#include "sim/checkers/shown.h"

namespace cb::sim {

using core::FailureClass;

const CloudMemory::Region& CloudMemory::of(const std::string& region) const {
  static const Region kNone;
  const auto found = regions_.find(region);
  return found == regions_.end() ? kNone : found->second;
}

bool CloudMemory::settled() const {
  const core::Settings& settings = ground_.options.settings;
  return named_ && std::ranges::all_of(settings.pools, [&](const auto& entry) {
           return std::ranges::all_of(settings.regions_of(entry.second),
                                      [&](const auto& region) { return of(region).listed; });
         });
}

bool CloudMemory::listed(const std::string& region) const {
  return of(region).shown;
}

bool CloudMemory::cut_off(const std::string& region) const {
  return of(region).trouble;
}

bool CloudMemory::answers_no_launch(const std::string& region) const {
  const Region& its = of(region);
  const core::Settings& settings = ground_.options.settings;
  return its.launches_fail_since &&
         *its.launch_failed_at - *its.launches_fail_since + ground_.options.batching >=
             settings.cloud_unreachable_patience &&
         ground_.turn.at - *its.launch_failed_at <= settings.capacity_memory;
}

void CloudMemory::launched(const core::LaunchAnswered& answer) {
  if (!store_.durable().attempts.contains(answer.token)) return;  // settled before: no news
  Region& region = regions_[answer.region];
  const auto* const failure = std::get_if<core::CloudFailure>(&answer.result);
  const bool open = std::holds_alternative<core::LaunchOutcomeUnknown>(answer.result) ||
                    (failure != nullptr && (failure->what == FailureClass::kThrottle ||
                                            failure->what == FailureClass::kUnreachable ||
                                            failure->what == FailureClass::kUnknownOutcome));
  if (!open) return region.launches_fail_since.reset();
  const core::Settings& settings = ground_.options.settings;
  const Duration remembered = settings.capacity_memory + settings.cloud_unreachable_patience;
  if (!region.launches_fail_since || ground_.now() - *region.launch_failed_at >= remembered) {
    region.launches_fail_since = ground_.now();
  }
  region.launch_failed_at = ground_.now();
}

bool CloudMemory::failing_in(const std::string& region) const {
  return of(region).failing_since.has_value();
}

std::optional<Moment> CloudMemory::failing_since() const {
  std::optional<Moment> out;
  for (const auto& [name, region] : regions_) {
    if (!region.failing_since) continue;
    out = std::min(out.value_or(*region.failing_since), *region.failing_since);
  }
  return out;
}

bool CloudMemory::in_trouble() const {
  return std::ranges::any_of(regions_, [](const auto& entry) { return entry.second.trouble; });
}

bool CloudMemory::trouble_since(Moment then) const {
  return std::ranges::any_of(regions_, [&](const auto& entry) {
    return entry.second.trouble || (entry.second.ended && *entry.second.ended >= then);
  });
}

bool CloudMemory::failing_since(Moment then) const {
  return std::ranges::any_of(regions_, [&](const auto& entry) {
    const Region& region = entry.second;
    return region.failing_since || (region.recovered && *region.recovered >= then);
  });
}

bool CloudMemory::listing_failed_with(std::string_view text) const {
  return std::ranges::any_of(regions_, [&](const auto& entry) {
    return std::ranges::any_of(entry.second.codes, [&](const std::string& code) {
      return !code.empty() && text.starts_with(code);
    });
  });
}

void CloudMemory::listing_called(const core::ListInstances& what) {
  if (!std::holds_alternative<core::ListByTag>(what.what)) return;
  regions_[what.region].query = what.query;
}

void CloudMemory::told(const core::Event& event) {
  if (const auto* answer = std::get_if<core::Listed>(&event)) {
    for (auto& [name, region] : regions_) {
      if (region.query == answer->query) listed(region, *answer);
    }
    for (const core::InstanceView& view : shown_by_listing(event)) {
      const auto attempt = store_.durable().attempts.find(view.token);
      if (attempt == store_.durable().attempts.end()) continue;
      regions_[attempt->second.region].launches_fail_since.reset();
    }
  } else if (const auto* launch = std::get_if<core::LaunchAnswered>(&event)) {
    launched(*launch);
  } else if (const auto* who = std::get_if<core::Identified>(&event)) {
    identified(who->identity);
  } else if (std::holds_alternative<core::KeysChanged>(event)) {
    named_ = false;
    former_keys_ = std::exchange(identifying_, true);  // it asks in that step
    for (auto& [name, region] : regions_) region.query.reset();
  } else if (std::holds_alternative<core::SettingsChanged>(event)) {
    identifying_ = true;
    for (auto& [name, region] : regions_) region.launches_fail_since.reset();
  }
}

void CloudMemory::listed(Region& region, const core::Listed& answer) {
  region.query.reset();
  doubtful_until_ = ground_.now() + ground_.options.batching;
  if (const auto* failure = std::get_if<core::CloudFailure>(&answer.result)) {
    if (!region.failing_since) {
      region.failing_since = ground_.now();
      region.codes.clear();
    }
    region.codes.push_back(failure->code);
    region.codes.push_back(failure->message);
    const bool refused =
        failure->what == FailureClass::kDenied || failure->what == FailureClass::kBadConfig;
    const Duration patience = ground_.options.settings.cloud_unreachable_patience;
    region.trouble = region.trouble || refused || ground_.now() - *region.failing_since >= patience;
    return;
  }
  region.shown = true;
  region.listed = region.listed || named_;
  if (region.failing_since) {
    region.recovered = ground_.now();
    identifying_ = true;
  }
  if (std::exchange(region.trouble, false)) region.ended = ground_.now();
  region.failing_since.reset();
}

void CloudMemory::identified(const core::CloudIdentity& identity) {
  identifying_ = false;
  if (std::exchange(former_keys_, false)) return void(identifying_ = true);
  const bool closed = !named_;
  const core::Records& durable = store_.durable();
  const bool holds_anything = !durable.workers.empty() || !durable.attempts.empty();
  // With nothing to lose, any account will do.
  const bool anyone = !durable.broker || durable.broker->account.empty() || !holds_anything;
  if (identity.account.empty()) {
    named_ = named_ || anyone;
  } else {
    if (wrong_) was_wrong_ = ground_.now();
    wrong_ = !anyone && identity.account != durable.broker->account;
    named_ = !wrong_;
  }
  if (closed && named_) named_at_ = ground_.now();
}

void CloudMemory::went_down() {
  named_ = wrong_ = identifying_ = former_keys_ = false;
  regions_.clear();
  doubtful_until_.reset();
}

}  // namespace cb::sim
