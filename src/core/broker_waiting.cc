// Those who wait: they get a worker, or one is sent for, or they hear why not.

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.h"
#include "core/broker_state.h"
#include "core/demand/pool_choice.h"

namespace cb::core {

// A step costs what it concerns, not what waits: where a launch is in flight or a worker boots,
// nobody is looked at until something of that pool changes. In trouble everybody is: what is in
// flight may be refused.
std::vector<PoolName> Broker::State::to_be_settled() {
  for (const PoolName& pool : std::exchange(step.stirred, {})) waiting.stir(pool);
  if (step.stopping || !step.cloud_trouble().empty()) return waiting.pools();
  return waiting.restless();
}

void Broker::State::settle_waiting() {
  for (const PoolName& pool : to_be_settled()) {
    while (!settled(pool)) {
    }
  }
}

// False: a count was refused, so what was held for it is for the others, and another is the oldest.
bool Broker::State::settled(const PoolName& pool) {
  serve_waiting(pool);
  if (!waiting.waits_for(pool)) {
    launcher.unwanted(pool);  // what was tried for them is no news to later callers
    return true;
  }
  const auto unlaunched = launcher.ensure(pool);
  std::size_t refused = 0;
  for (const auto& [need, why] : unlaunched) {
    if (need.count > 1) refused += refuse(pool, need, why);
  }
  if (refused != 0) return false;
  for (const auto& [need, why] : unlaunched) {
    if (need.count == 1) refuse(pool, need, why);
  }
  if (unlaunched.empty() && launcher.nothing_to_do(pool)) waiting.content(pool);
  return true;
}

// After those who wait: no warm rule takes a place that a caller needs.
void Broker::State::keep_warm() {
  if (step.stopping) return;
  for (const PoolName& pool : warm.pools()) launcher.keep_warm(pool);
}

// The oldest first, each by the worker that has room for him. Who is passed over has nobody else's
// place.
void Broker::State::serve_waiting(const PoolName& pool) {
  for (bool served = true; served;) {
    served = false;
    std::optional<Need> held;
    for (const Group& group : waiting.groups(pool)) {
      if (held && keeps_from(pool, *held, group.need)) continue;
      if ((served = serve(pool, group.need))) break;
      // What is there already is held for the oldest count, and for no other.
      if (group.need.count > 1 && !held) held = group.need;
    }
  }
}

// Whether what is held for one might be what the other would get.
bool Broker::State::keeps_from(const PoolName& name, const Need& held, const Need& other) const {
  const PoolSettings* const pool = step.pool(name);
  if (pool == nullptr) return false;
  const bool shares = pool->any_number_of_clients() && !held.alone && !other.alone;
  const bool others = (held.type && other.type && *held.type != *other.type) ||
                      (held.market && other.market && *held.market != *other.market) ||
                      (held.region && other.region && *held.region != *other.region);
  return !shares && !others;
}

// Serves the one of them who has waited longest, or all where they may share. False: no worker that
// is there has room for him.
bool Broker::State::serve(const PoolName& name, const Need& need) {
  const PoolSettings* const pool = step.pool(name);
  if (pool == nullptr) return false;
  if (!may_use(*pool, need)) {
    // The pool's sharing was changed while they waited.
    return waiting.answer_all(name, need,
                              [&](const Waiter&) { return needs_a_lease(name, *pool); }) != 0;
  }
  const auto workers_for_one =
      need.count == 1 ? workers.with_room_for_all(name, need, 1) : workers_for_count(name, need);
  if (workers_for_one.empty()) return false;
  const auto answer = [&](const Waiter& who) -> Answer {
    if (!need.leased) return use(*workers_for_one.front());
    const Claimant claimant{need, who.connection, who.client, who.hold};
    if (need.count == 1) return lease(*workers_for_one.front(), claimant);
    WorkerAddresses all;
    for (const Worker* const worker : workers_for_one) {
      all.workers.push_back(lease(*worker, claimant));
    }
    return all;
  };
  std::size_t callers = 1;
  if (pool->any_number_of_clients() && need.count == 1 && !need.alone) {
    callers = waiting.answer_all(name, need, answer);
  } else {
    const Waiter who = *waiting.out_of_patience(waiting.longest(name, need)->caller);
    step.act(Reply{who.caller, answer(who)});
  }
  for (auto one = workers_for_one.begin(); one != workers_for_one.end(); ++one) {
    if (std::find(workers_for_one.begin(), one, *one) == one) handed_out(**one, callers);
  }
  return true;
}

// All that a count takes, or none.
std::vector<const Worker*> Broker::State::workers_for_count(const PoolName& name,
                                                            const Need& need) const {
  const auto count = static_cast<std::size_t>(need.count);
  auto out = workers.with_room_for_all(name, need, count);
  if (out.size() < count) out.clear();
  return out;
}

void Broker::State::handed_out(const Worker& worker, std::size_t callers) {
  workers.touch(worker);
  step.log(LogLevel::kInfo, "worker.handed_out", about(worker.record),
           str("worker ", worker.record.id.value, " at ", worker.record.address, " handed to ",
               callers, callers == 1 ? " caller who waited" : " callers who waited"));
}

// Nobody is refused by what was known before he asked, when the next try comes soon.
std::size_t Broker::State::refuse(const PoolName& pool, const Need& need, const NoLaunch& none) {
  const Instant now = step.now.boot;
  std::optional<Instant> held_until = none.next_try;
  if (none.anew) {
    held_until = now;
  } else if (held_until &&
             (*held_until <= now || *held_until - now > step.settings.next_try_wait)) {
    held_until.reset();
  }
  const std::size_t callers =
      waiting.refuse(pool, need, {none.reason, none.why}, none.seen, held_until);
  if (callers != 0) {
    // The same reason with another age is the same reason.
    std::string kind = str(pool.value, ": ", none.why);
    std::erase_if(kind, [](char c) { return c >= '0' && c <= '9'; });
    step.log(LogLevel::kWarning, "callers.refused", about(pool),
             str(callers, callers == 1 ? " caller of pool " : " callers of pool ", pool.value,
                 " refused: ", none.why),
             std::move(kind));
  }
  if (!waiting.waits_for(pool)) launcher.unwanted(pool);
  if (waiting.longest(pool, need) == nullptr) return callers;
  if (!none.anew) {
    step.timers.arm_by({TimerKind::kNextTry, ""}, *held_until);
    return callers;
  }
  launcher.unwanted(pool);
  std::size_t others = 0;
  for (const auto& [other, why] : launcher.ensure(pool)) others += refuse(pool, other, why);
  return callers + others;
}

}  // namespace cb::core
