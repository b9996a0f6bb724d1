#include "sim/checkers/cloud_memory.h"

#include <algorithm>
#include <utility>

namespace cb::sim {

using core::FailureClass;

bool CloudMemory::listing_failed_with(std::string_view text) const {
  return std::any_of(listing_codes_.begin(), listing_codes_.end(), [&](const std::string& code) {
    return !code.empty() && text.starts_with(code);
  });
}

void CloudMemory::listing_called(const core::ListInstances& what) {
  if (!std::holds_alternative<core::ListByTag>(what.what)) return;
  query_ = what.query;
  query_begun_ = ground_.now();
}

void CloudMemory::told(const core::Event& event) {
  if (const auto* answer = std::get_if<core::Listed>(&event)) {
    listed(*answer);
  } else if (const auto* who = std::get_if<core::Identified>(&event)) {
    identified(who->identity);
  } else if (std::holds_alternative<core::KeysChanged>(event)) {
    named_ = false;
    former_keys_ = std::exchange(identifying_, true);  // it asks in that step
    query_.reset();
  } else if (std::holds_alternative<core::SettingsChanged>(event)) {
    identifying_ = true;
  }
}

void CloudMemory::listed(const core::Listed& answer) {
  if (query_ != answer.query) return;
  query_.reset();
  doubtful_until_ = ground_.now() + ground_.options.batching;
  if (const auto* failure = std::get_if<core::CloudFailure>(&answer.result)) {
    if (!failing_since_) {
      failing_since_ = ground_.now();
      listing_codes_.clear();
    }
    listing_codes_.push_back(failure->code);
    listing_codes_.push_back(failure->message);
    failed_from_ = query_begun_;
    const bool refused =
        failure->what == FailureClass::kDenied || failure->what == FailureClass::kBadConfig;
    const Duration patience = ground_.options.settings.cloud_unreachable_patience;
    trouble_ = trouble_ || refused || ground_.now() - *failing_since_ >= patience;
    return;
  }
  shown_ = true;
  listed_ = listed_ || named_;
  if (failing_since_) {
    recovered_ = ground_.now();
    identifying_ = true;
  }
  if (std::exchange(trouble_, false)) ended_ = ground_.now();
  failing_since_.reset();
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
  if (closed && named_ && std::exchange(trouble_, false)) ended_ = ground_.now();
}

void CloudMemory::went_down() {
  shown_ = named_ = wrong_ = listed_ = trouble_ = identifying_ = former_keys_ = false;
  query_.reset();
  failing_since_.reset();
  doubtful_until_.reset();
  ended_.reset();
  recovered_.reset();
}

}  // namespace cb::sim
