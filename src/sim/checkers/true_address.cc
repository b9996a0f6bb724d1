#include "sim/checkers/true_address.h"

#include <algorithm>

#include "base/text.h"
#include "sim/checkers/bounds.h"
#include "sim/checkers/configured.h"
#include "sim/checkers/needs.h"
#include "sim/cloud/sim_cloud.h"

namespace cb::sim {
namespace {

constexpr const char* kTrueAddressRule = "2-true-address";

}  // namespace

void TrueAddress::asked(CallerId caller, const core::Request& request) {
  if (const auto* ping = std::get_if<core::Ping>(&request)) pings_[caller] = ping->address;
}

void TrueAddress::answered(CallerId caller, const core::Answer& answer) {
  const auto given = given_in(answer);
  for (const core::WorkerAddress& worker : given) {
    judge(worker.address, str("caller ", caller.value, " was given ", worker.address), true);
    as_configured(worker.address);
  }
  if (!given.empty()) return;
  const auto ping = pings_.find(caller);
  if (ping == pings_.end()) return;
  if (std::holds_alternative<core::Ok>(answer)) {
    judge(ping->second, str("a PING of ", ping->second, " was answered OK"), false);
  }
  pings_.erase(ping);
}

// Whoever asks gets what the configuration says now, and not what it said.
void TrueAddress::as_configured(const std::string& address) const {
  if (ground_.settings_just_told || history_.commit_failing()) return;
  bool known = false;
  for (const auto& [id, worker] : store_.durable().workers) {
    if (worker.address != address || worker.phase != core::WorkerPhase::kReady) continue;
    if (configured(ground_.options.settings, worker)) return;
    known = true;
  }
  if (!known) return;
  throw Violated(kTrueAddressRule, str(address, " was given, and is configured no more"));
}

bool TrueAddress::serves(const Instance& instance) const {
  const core::Settings& settings = ground_.options.settings;
  const auto pool = settings.pools.find(instance.pool);
  const core::ReadyCheck check =
      pool != settings.pools.end() ? pool->second.ready : settings.pools.begin()->second.ready;
  const Moment now = ground_.now();
  const bool dead = instance.dead && *instance.dead <= now;
  switch (check) {
    case core::ReadyCheck::kNone:
      return true;  // EC2's word alone counts
    case core::ReadyCheck::kTcp:
      return instance.accepts && *instance.accepts <= now && !dead;
    case core::ReadyCheck::kDserv:
      return instance.serves && *instance.serves <= now && !dead;
  }
  return false;
}

bool TrueAddress::good(const std::string& address) const {
  const Instance* holder = ec2_.at_address(address);
  if (holder == nullptr || !holder->running() || !serves(*holder)) return false;
  if (holder->owner == Owner::kNameOnly) return ground_.options.settings.adopt_untagged;
  if (holder->owner == Owner::kRival) {
    return ground_.now() - holder->claimed >= ground_.options.settings.takeover_after;
  }
  if (holder->owner != Owner::kOurs) return false;
  return !history_.life(holder->id)->end_asked;
}

bool TrueAddress::somebody_else_answers(const std::string& address, const Instance& but) const {
  const Instance* holder = ec2_.at_address(address);
  return holder != nullptr && holder != &but && holder->running() && holder->accepts &&
         *holder->accepts <= ground_.now();
}

void TrueAddress::ended(const Instance& instance) {
  word_due_[instance.id] = {ground_.now(),
                            ground_.now() + word_bound(ground_.options, Duration{0})};
}

void TrueAddress::word_later(Moment from) {
  for (auto& [id, word] : word_due_) {
    word.due = std::max(word.due, from + word_bound(ground_.options, from - word.ended));
  }
}

void TrueAddress::credentials(bool others) {
  other_account_ = others;
  unsure();
}

// It lists nothing, or believes nothing, until it knows whose the credentials are.
void TrueAddress::unsure() {
  word_later(ground_.now() + ground_.options.settings.identify_interval + SimCloud::kCallLimit);
}

void TrueAddress::told(const core::Event& event) {
  const auto* identified = std::get_if<core::Identified>(&event);
  const bool unnamed = identified != nullptr && identified->identity.account.empty();
  if (unnamed || std::holds_alternative<core::KeysChanged>(event)) unsure();
  const auto* listed = std::get_if<core::Listed>(&event);
  if (listed == nullptr) {
    const bool other =
        identified != nullptr && !unnamed && identified->identity.account != SimCloud::kOurAccount;
    listing_failed_ = listing_failed_ || other;  // it takes the journal's word then as well
    return;
  }
  // Whether it failed or was not believed: the journal's word counts from then on.
  listing_failed_ = true;
  const auto* listing = std::get_if<core::Listing>(&listed->result);
  if (listing == nullptr) return word_later(ground_.now());
  for (const core::InstanceView& view : listing->instances) {
    if (view.state == core::InstanceState::kTerminated) word_due_.erase(view.id);
  }
}

void TrueAddress::started(const BrokerStart&) {
  started_ = ground_.turn.at;
  listing_failed_ = false;
  word_later(ground_.now() + SimCloud::kCallLimit);
}

void TrueAddress::hears_again() {
  word_later(ground_.now());
}

void TrueAddress::hidden(const Instance&, Moment until) {
  word_later(until);
}

// No probe can tell, only EC2's word.
void TrueAddress::judge_the_word(const Life& life, const std::string& what) const {
  const auto word = word_due_.find(life.instance->id);
  if (other_account_ || word == word_due_.end() || ground_.now() <= word->second.due) return;
  if (ground_.deaf()) return;
  throw Violated(
      kTrueAddressRule,
      str(what, ", which a listing should have shown to have ended by ", stamp(word->second.due)));
}

// What the journal gave is handed out when EC2 has shown it, or cannot, and its service answered.
void TrueAddress::known_to_serve(const std::string& address, const std::string& what) const {
  const Life* const life = named(address);
  if (life == nullptr || history_.commit_failing()) return;
  const core::Settings& settings = ground_.options.settings;
  const bool in_time = ground_.now() < started_ + settings.adoption_patience && !listing_failed_;
  if (!life->told_running && in_time)
    throw Violated(kTrueAddressRule, what + ", which EC2 has not shown");
  const auto pool = settings.pools.find(life->instance->pool);
  const bool probed = pool != settings.pools.end() && pool->second.ready != core::ReadyCheck::kNone;
  if (probed && !life->good_probe)
    throw Violated(kTrueAddressRule, what + ", which has not answered yet");
}

// Whom the broker means: it need not know yet that another of ours, which still boots, has it now.
const Life* TrueAddress::named(const std::string& address) const {
  const Life* latest = nullptr;
  for (const auto& [id, worker] : store_.durable().workers) {
    if (worker.address != address || worker.phase != core::WorkerPhase::kReady) continue;
    const Life* const life = history_.life(id);
    if (life == nullptr) continue;
    if (latest == nullptr || latest->instance->born <= life->instance->born) latest = life;
  }
  return latest != nullptr ? latest : history_.latest_at(address);
}

void TrueAddress::judge(const std::string& address, const std::string& what,
                        bool handed_out) const {
  if (handed_out) known_to_serve(address, what);
  if (good(address)) return;
  const Life* life = named(address);
  if (life == nullptr) throw Violated(kTrueAddressRule, what + ", which was never a worker's");
  const std::string whose = str(what, " of ", life->instance->id.value);
  if (life->end_asked) throw Violated(kTrueAddressRule, whose + ", whose end had been asked for");
  // What it was told may lie in the queue behind this very question.
  const bool told =
      life->told_ending && ground_.now() - *life->told_ending > ground_.options.batching;
  if (told) throw Violated(kTrueAddressRule, whose + ", which EC2 had said to be ending");
  if (!handed_out) return;  // a worker that cannot be reached for a while is not forgotten yet
  judge_the_word(*life, whose);
  if (somebody_else_answers(address, *life->instance)) return;
  judge_a_death(*life, whose);
  const Instance& instance = *life->instance;
  if (!instance.dead && !instance.ended && unnoticed_restart(*life)) return;
  Moment died = instance.dead.value_or(instance.ended.value_or(ground_.now()));
  died = std::max(died, ground_.hears_since());
  // As long as another answered there no probe could tell.
  if (const auto left = ec2_.left_by_another(address, instance)) died = std::max(died, *left);
  const Duration blind = blind_bound(ground_.options.settings) + 2 * ground_.options.batching;
  if (serves(instance) && !instance.ended) return;
  if (ground_.options.settings.pools.at(instance.pool).ready == core::ReadyCheck::kNone) return;
  if (ground_.now() - died > blind) {
    throw Violated(kTrueAddressRule,
                   str(whose, ", dead for ", to_string(Duration{ground_.now() - died}), " (limit ",
                       to_string(blind), ")"));
  }
}

// That it had ever served is not a matter of being told in time.
void TrueAddress::judge_a_death(const Life& life, const std::string& what) const {
  const Instance& instance = *life.instance;
  const auto check = ground_.options.settings.pools.at(instance.pool).ready;
  if (check == core::ReadyCheck::kNone) return;
  const auto& opened = check == core::ReadyCheck::kTcp ? instance.accepts : instance.serves;
  if (unnoticed_restart(life)) return;
  // What was found again and is silent for longer than a boot may take is taken for busy.
  const core::Settings& settings = ground_.options.settings;
  if (life.before_loss && life.found && life.answers == 0 &&
      ground_.now() - *life.found >= boot_bound(settings, instance.pool)) {
    return;
  }
  if (!opened || *opened > ground_.now()) {
    throw Violated(kTrueAddressRule, what + ", which never served");
  }
}

// Its service ended and began anew between two probes, or none has failed often enough since.
bool TrueAddress::unnoticed_restart(const Life& life) const {
  const Instance& instance = *life.instance;
  return instance.restarted && !(life.doubted && *life.doubted_told >= *instance.restarted);
}

}  // namespace cb::sim
