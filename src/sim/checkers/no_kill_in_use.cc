#include "sim/checkers/no_kill_in_use.h"

#include <algorithm>

#include "base/text.h"

namespace cb::sim {

// The decision is what counts, not the call, which another process may make after a crash.
void NoKillInUse::committed(const std::vector<core::Change>& changes) {
  for (const core::Change& change : changes) {
    const auto* worker = std::get_if<core::WorkerRecord>(&change);
    if (worker == nullptr) continue;
    if (worker->phase == core::WorkerPhase::kReady) ready_.insert(worker->id);
    if (worker->phase == core::WorkerPhase::kTerminating) judge(worker->id, worker->end_reason);
  }
}

bool NoKillInUse::allowed(const Life& life) const {
  const core::Settings& settings = ground_.options.settings;
  const Moment now = ground_.now();
  if (!life.handed || life.may_be_ended || life.told_ending || life.told_stopped) return true;
  if (!life.instance->alive()) return true;  // EC2 was first
  // What the broker never had ready was given to nobody: its address meant who had it before.
  if (!ready_.contains(life.instance->id)) return true;
  // From its launch, which EC2 dates in whole seconds, and not from when it was meant.
  const Moment launched = life.instance->born - seconds{1};
  // By a wrong calendar it is as old as its intent, which a crash before the first call leaves
  // older than that by as long as a token is asked for again, and a stop by as long as it took.
  const Moment oldest =
      calendar_wrong_ ? std::min(life.called - settings.token_reuse_limit, life.meant) : launched;
  if (now - oldest >= settings.max_lifetime) return true;
  const Duration limit = settings.pools.at(life.instance->pool).idle_timeout;
  const auto idle_since = [&](Moment use) { return now - use + life.too_old >= limit; };
  const bool unreachable =
      life.failing_since && now - *life.failing_since >= settings.unreachable_timeout;
  // Nobody reaches it: only a PING says that this is not so for its client.
  if (unreachable && (!life.pinged || idle_since(*life.pinged))) return true;
  if (computes(life) || (life.computed && now - *life.computed < limit)) return false;
  return idle_since(*life.handed);
}

// Whoever waits for its answer cannot say so, and its silence to our question says it.
bool NoKillInUse::computes(const Life& life) const {
  const auto& pool = ground_.options.settings.pools.at(life.instance->pool);
  return pool.ready == core::ReadyCheck::kDserv && life.instance->computing(ground_.now()) &&
         life.lost < 2;
}

void NoKillInUse::terminate_called(const std::vector<InstanceId>& ids) {
  for (const InstanceId& id : ids) judge(id, "");  // decided while the journal could not be written
}

// The journal that knew of it is lost: it was found by its tag, and may be somebody's.
bool NoKillInUse::spared(const Life& life) const {
  if (!life.before_loss || life.handed || life.may_be_ended || life.told_ending ||
      life.told_stopped)
    return false;
  const Instance& instance = *life.instance;
  if (!instance.alive() || !instance.gets_public_address) return false;
  const core::Settings& settings = ground_.options.settings;
  const core::PoolSettings& pool = settings.pools.at(instance.pool);
  if (!life.found) return true;
  // After a reboot it is as old as the calendar says.
  const Duration since = ground_.now() - *life.found + life.too_old;
  if (since >= settings.max_lifetime) return false;
  const bool unreachable =
      life.failing_since && ground_.now() - *life.failing_since >= settings.unreachable_timeout;
  if (computes(life) && life.question_open) return !unreachable;
  const bool ready = pool.ready == core::ReadyCheck::kNone
                         ? life.told_running.has_value()
                         : life.answered_ready && !life.failing_since;
  if (ready && instance.serving(ground_.now())) return since < pool.idle_timeout;
  // One that was ready since then has its idle time, as any other, and may be out of reach.
  const bool adopted = life.answered_ready && (since >= pool.idle_timeout || unreachable);
  return since < settings.sweep_grace && !adopted;
}

// What came while it stood still lies in the kernel.
void NoKillInUse::sent(CallerId caller, const core::Request& request) {
  const auto* ping = std::get_if<core::Ping>(&request);
  if (ping != nullptr && ground_.deaf()) unread_[caller] = {ping->address, ground_.now()};
}

void NoKillInUse::reads_first(const Life& life) const {
  if (life.may_be_ended || life.told_ending || life.told_stopped || !life.handed) return;
  if (!life.instance->alive() || !ready_.contains(life.instance->id)) return;
  if (ground_.now() - life.called >= ground_.options.settings.max_lifetime) return;
  for (const auto& [caller, ping] : unread_) {
    if (ping.at >= ground_.turn.at || !has_address(*life.instance, ping.address)) continue;
    throw Violated("5-no-kill-in-use", str(life.instance->id.value, " is ended while a PING of it ",
                                           "is not read that was sent at ", stamp(ping.at)));
  }
}

void NoKillInUse::judge(const InstanceId& id, std::string_view why) {
  const Life* life = history_.life(id);
  if (life != nullptr && !judged_.contains(id) && !unread_.empty()) reads_first(*life);
  if (life != nullptr && !judged_.contains(id) && spared(*life)) {
    throw Violated(
        "5-no-kill-in-use",
        str(id.value, " is ended though its journal was lost and it was found only ",
            to_string(Duration{ground_.now() - life->found.value_or(ground_.now())}), " ago"));
  }
  if (life == nullptr || !judged_.insert(id).second || allowed(*life)) return;
  throw Violated("5-no-kill-in-use",
                 str(id.value, " is ended (", why, ") though it was used ",
                     to_string(Duration{ground_.now() - *life->handed}), " ago"));
}

}  // namespace cb::sim
