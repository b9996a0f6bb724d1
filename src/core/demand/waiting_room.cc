#include "core/demand/waiting_room.h"

namespace cb::core {
namespace {

Timer patience_of(CallerId caller) {
  return {TimerKind::kCallerPatience, std::to_string(caller.value)};
}

}  // namespace

void WaitingRoom::add(Waiter waiter) {
  const CallerId caller = waiter.caller;
  CHECK(!place_.contains(caller));
  place_[caller] = {waiter.pool, ++arrivals_};
  step_.timers.arm(patience_of(caller), waiter.since + waiter.patience);
  if (waiter.wants_progress) ++listeners_;
  restless_.insert(waiter.pool);
  queues_[waiter.pool].emplace(arrivals_, std::move(waiter));
}

void WaitingRoom::left(const Waiter& waiter) {
  step_.timers.cancel(patience_of(waiter.caller));
  if (waiter.wants_progress) --listeners_;
}

bool WaitingRoom::forget(CallerId caller) {
  return out_of_patience(caller).has_value();
}

std::optional<Waiter> WaitingRoom::out_of_patience(CallerId caller) {
  const auto place = place_.find(caller);
  if (place == place_.end()) return {};
  const auto queue = queues_.find(place->second.first);
  const auto found = queue->second.find(place->second.second);
  Waiter waiter = std::move(found->second);
  left(waiter);
  queue->second.erase(found);
  if (queue->second.empty()) {
    restless_.erase(waiter.pool);
    queues_.erase(queue);
  }
  place_.erase(place);
  return waiter;
}

bool WaitingRoom::waits_for(const PoolName& pool) const {
  return queues_.contains(pool);
}

std::size_t WaitingRoom::waiting_for(const PoolName& pool) const {
  const auto queue = queues_.find(pool);
  return queue == queues_.end() ? 0 : queue->second.size();
}

void WaitingRoom::stir(const PoolName& pool) {
  if (queues_.contains(pool)) restless_.insert(pool);
}

std::vector<PoolName> WaitingRoom::pools() const {
  std::vector<PoolName> out;
  for (const auto& [pool, queue] : queues_) out.push_back(pool);
  return out;
}

WaitingRoom::Queue WaitingRoom::take_all(const PoolName& pool) {
  auto queue = queues_.extract(pool);
  if (queue.empty()) return {};
  restless_.erase(pool);
  for (const auto& [arrival, waiter] : queue.mapped()) {
    left(waiter);
    place_.erase(waiter.caller);
  }
  return std::move(queue.mapped());
}

std::size_t WaitingRoom::refuse(const PoolName& pool, const Refused& why, Instant seen,
                                std::optional<Instant> held_until) {
  const auto queue = queues_.find(pool);
  if (queue == queues_.end()) return 0;
  std::vector<CallerId> refused;
  auto next = queue->second.begin();
  for (; next != queue->second.end() && (!held_until || next->second.since <= seen); ++next) {
    refused.push_back(next->second.caller);
  }
  // The newest have not been looked at; whoever is held already need not be.
  for (auto newest = queue->second.end(); newest != next;) {
    Waiter& waiter = (--newest)->second;
    if (waiter.held_until == held_until) break;
    waiter.held_until = held_until;
    if (waiter.since + waiter.patience < *held_until) refused.push_back(waiter.caller);
  }
  for (const CallerId caller : refused) {
    out_of_patience(caller);
    step_.act(Reply{caller, why});
  }
  return refused.size();
}

void WaitingRoom::refuse_everyone(RefusalReason reason, const std::string& why) {
  for (const PoolName& pool : pools()) {
    answer_all(pool, [&](const Waiter&) { return Refused{reason, why}; });
  }
}

void WaitingRoom::tell(const PoolName& pool, const Progress& progress) {
  const auto queue = queues_.find(pool);
  if (listeners_ == 0 || queue == queues_.end()) return;
  for (auto& [arrival, waiter] : queue->second) {
    if (!waiter.wants_progress || waiter.told == progress) continue;
    waiter.told = progress;
    step_.act(Tell{waiter.caller, progress});
  }
}

}  // namespace cb::core
