#include "sim/checkers/paces.h"

#include <utility>

#include "base/text.h"

namespace cb::sim {
namespace {

constexpr const char* kPacesRule = "15-paces";
constexpr Duration kPaceSlack = milliseconds{200};

}  // namespace

void Paces::asked(CallerId caller, const core::Request& request) {
  const auto* get = std::get_if<core::GetWorker>(&request);
  if (get == nullptr || !get->wants_progress) return;
  const Duration limit = 2 * ground_.options.settings.progress_interval + kPaceSlack;
  ground_.after_hearing(limit, [this, caller] {
    if (!history_.waiting().contains(caller) || heard_.contains(caller)) return;
    throw Violated(kPacesRule, str("caller ", caller.value, " waits and hears nothing"));
  });
}

void Paces::heard(CallerId caller, const core::Progress&) {
  const Duration pace = ground_.options.settings.progress_interval;
  const auto before = heard_.find(caller);
  if (before != heard_.end() && ground_.turn.at - before->second < pace) {
    throw Violated(kPacesRule, str("caller ", caller.value, " hears more than he can read"));
  }
  heard_[caller] = ground_.turn.at;
}

void Paces::identify_called() {
  const Duration pace = ground_.options.settings.identify_interval;
  if (identified_ && !may_identify_ && ground_.now() - *identified_ < pace) {
    throw Violated(kPacesRule, "whose the keys are is asked again too soon");
  }
  ++identifies_;
  identifying_ = true;
}

void Paces::identified(const core::CloudIdentity& identity) {
  identifying_ = false;
  identified_ = ground_.now();
  // Then it is asked anew at once: for the new keys, or since the listing that they bring says that
  // EC2 works again.
  may_identify_ =
      std::exchange(former_keys_, false) || failing_ || std::exchange(keys_changed_, false);
  const auto& known = store_.durable().broker;
  const bool named = !identity.account.empty() &&
                     (!known || known->account.empty() || known->account == identity.account);
  if (named) return;
  const Duration limit =
      ground_.options.settings.identify_interval + 2 * ground_.options.batching + kPaceSlack;
  ground_.after_hearing(limit, [this, life = life_, before = identifies_] {
    if (life != life_ || identifies_ != before || identifying_) return;
    throw Violated(kPacesRule, "whose the keys are is not asked again");
  });
}

void Paces::told(const core::Event& event) {
  if (const auto* who = std::get_if<core::Identified>(&event)) {
    identified(who->identity);
  } else if (std::holds_alternative<core::KeysChanged>(event)) {
    may_identify_ = keys_changed_ = true;
    former_keys_ = identifying_;
  } else if (std::holds_alternative<core::SettingsChanged>(event)) {
    may_identify_ = true;
  } else if (const auto* listed = std::get_if<core::Listed>(&event)) {
    was_failing_ = was_failing_ || memory_.cloud().failing_since().has_value();
    asked_already_ = asked_already_ || identifying_;
    // One that cannot be believed does not say that EC2 works again.
    const bool works = std::holds_alternative<core::Listing>(listed->result);
    failing_ = failing_ || was_failing_ || !works;
    may_identify_ = may_identify_ || failing_;
    if (works && memory_.cloud().named()) failing_ = false;
  }
}

// The credentials may have been exchanged for another account's while EC2 could not be asked.
void Paces::turned() {
  const bool recovered = std::exchange(was_failing_, false) && !memory_.cloud().failing_since();
  const bool asked = std::exchange(asked_already_, false) || identifying_;
  if (recovered && memory_.cloud().named() && !asked) {
    throw Violated(kPacesRule, "EC2 answers again, and whose the keys are is not asked");
  }
}

void Paces::commit_failed() {
  const Duration limit =
      ground_.options.settings.save_retry_interval + 4 * ground_.options.batching + kPaceSlack;
  ground_.after_hearing(limit, [this, life = life_, before = tries_] {
    if (life != life_ || tries_ != before) return;
    throw Violated(kPacesRule, "the journal is not tried again");
  });
}

void Paces::probe_called(const core::ProbeWorker& what) {
  const auto found = store_.durable().workers.find(what.worker);
  if (found == store_.durable().workers.end() || history_.commit_failing()) return;
  const core::WorkerRecord& record = found->second;
  const core::Settings& settings = ground_.options.settings;
  const auto pool = settings.pools.find(record.pool);
  if (pool == settings.pools.end()) return;
  const auto demand = [&](bool so, std::string_view why) {
    if (!so) throw Violated(kPacesRule, str(record.id.value, " is probed ", why));
  };
  if (record.phase == core::WorkerPhase::kTerminating) return;  // in this very turn
  demand(what.address == record.address, "elsewhere");
  demand(what.port == pool->second.worker_port, "at another port");
  demand(pool->second.ready != core::ReadyCheck::kNone, "though nobody need look at it");
}

void Paces::went_down() {
  ++life_;
  identifying_ = former_keys_ = was_failing_ = failing_ = false;
  may_identify_ = true;
  identified_.reset();
  heard_.clear();
}

}  // namespace cb::sim
