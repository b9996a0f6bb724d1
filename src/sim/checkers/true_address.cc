#include "sim/checkers/true_address.h"

#include "base/text.h"
#include "sim/checkers/bounds.h"

namespace cb::sim {
namespace {

constexpr const char* kRule = "2-true-address";

}  // namespace

void TrueAddress::asked(CallerId caller, const core::Request& request) {
  if (const auto* ping = std::get_if<core::Ping>(&request)) pings_[caller] = ping->address;
}

void TrueAddress::answered(CallerId caller, const core::Answer& answer) {
  if (const auto* worker = std::get_if<core::WorkerAddress>(&answer)) {
    judge(worker->address, str("caller ", caller.value, " was given ", worker->address), true);
    return;
  }
  const auto ping = pings_.find(caller);
  if (ping == pings_.end()) return;
  if (std::holds_alternative<core::Ok>(answer)) {
    judge(ping->second, str("a PING of ", ping->second, " was answered OK"), false);
  }
  pings_.erase(ping);
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
  if (holder->owner != Owner::kOurs) return false;
  return !history_.life(holder->id)->end_asked;
}

bool TrueAddress::somebody_else_answers(const std::string& address) const {
  const Instance* holder = ec2_.at_address(address);
  return holder != nullptr && holder->running() && holder->accepts &&
         *holder->accepts <= ground_.now();
}

void TrueAddress::judge(const std::string& address, const std::string& what,
                        bool handed_out) const {
  if (good(address)) return;
  const Life* life = history_.latest_at(address);
  if (life == nullptr) throw Violated(kRule, what + ", which was never a worker's");
  const std::string whose = str(what, " of ", life->instance->id.value);
  if (life->end_asked) throw Violated(kRule, whose + ", whose end had been asked for");
  // What it was told may lie in the queue behind this very question.
  const bool told =
      life->told_ending && ground_.now() - *life->told_ending > ground_.options.batching;
  if (told) throw Violated(kRule, whose + ", which EC2 had said to be ending");
  if (!handed_out) return;  // a worker that cannot be reached for a while is not forgotten yet
  if (somebody_else_answers(address)) return;  // no probe can tell; only EC2's word, see above
  judge_a_death(*life, whose);
  const Instance& instance = *life->instance;
  const Moment died = instance.dead.value_or(instance.ended.value_or(ground_.now()));
  const Duration blind = blind_bound(ground_.options.settings) + 2 * ground_.options.batching;
  if (serves(instance) && !instance.ended) return;
  if (ground_.options.settings.pools.at(instance.pool).ready == core::ReadyCheck::kNone) return;
  if (ground_.now() - died > blind) {
    throw Violated(kRule, str(whose, ", dead for ", to_string(Duration{ground_.now() - died}),
                              " (limit ", to_string(blind), ")"));
  }
}

// That it had ever served is not a matter of being told in time.
void TrueAddress::judge_a_death(const Life& life, const std::string& what) const {
  const Instance& instance = *life.instance;
  const auto check = ground_.options.settings.pools.at(instance.pool).ready;
  if (check == core::ReadyCheck::kNone) return;
  const auto& opened = check == core::ReadyCheck::kTcp ? instance.accepts : instance.serves;
  if (!opened || *opened > ground_.now()) throw Violated(kRule, what + ", which never served");
}

}  // namespace cb::sim
