#include "core/demand/waiting_room.h"

#include <algorithm>
#include <utility>

namespace cb::core {
namespace {

Timer patience_of(CallerId caller) {
  return {TimerKind::kCallerPatience, std::to_string(caller.value)};
}

}  // namespace

void WaitingRoom::add(Waiter waiter) {
  const CallerId caller = waiter.caller;
  CHECK(!place_.contains(caller));
  step_.timers.arm(patience_of(caller), waiter.since + waiter.patience);
  if (waiter.wants_progress) ++listeners_;
  const auto [queue, first] = queues_[waiter.pool].try_emplace(waiter.need);
  if (first || !is_served_with_others(waiter)) restless_.insert(waiter.pool);
  place_[caller] = {queue, ++arrivals_};
  queue->second.emplace(arrivals_, std::move(waiter));
}

// What comes for those who wait for the same is his as well: one of a herd changes nothing.
bool WaitingRoom::is_served_with_others(const Waiter& waiter) const {
  const PoolSettings* const pool = step_.pool(waiter.pool);
  return pool != nullptr && pool->any_number_of_clients() && waiter.need.count == 1 &&
         !waiter.need.alone;
}

void WaitingRoom::left(const Waiter& waiter) {
  step_.timers.cancel(patience_of(waiter.caller));
  if (waiter.wants_progress) --listeners_;
}

bool WaitingRoom::forget(CallerId caller) {
  return out_of_patience(caller).has_value();
}

std::optional<Waiter> WaitingRoom::out_of_patience(CallerId caller) {
  const auto found = place_.find(caller);
  if (found == place_.end()) return {};
  const Place place = found->second;
  const auto entry = place.queue->second.find(place.arrival);
  Waiter waiter = std::move(entry->second);
  left(waiter);
  place.queue->second.erase(entry);
  place_.erase(found);
  // What was held for it is for the others.
  if (waiter.need.count > 1) restless_.insert(waiter.pool);
  drop_empty(waiter.pool, place.queue);
  return waiter;
}

void WaitingRoom::drop_empty(const PoolName& pool, Queues::iterator queue) {
  if (!queue->second.empty()) return;
  const auto queues = queues_.find(pool);
  queues->second.erase(queue);
  if (!queues->second.empty()) return;
  restless_.erase(pool);
  queues_.erase(queues);
}

bool WaitingRoom::waits_for(const PoolName& pool) const {
  return queues_.contains(pool);
}

std::size_t WaitingRoom::waiting_for(const PoolName& pool) const {
  const auto queues = queues_.find(pool);
  if (queues == queues_.end()) return 0;
  std::size_t out = 0;
  for (const auto& [need, queue] : queues->second) out += queue.size();
  return out;
}

const Need* WaitingRoom::oldest_count(const PoolName& pool) const {
  const auto queues = queues_.find(pool);
  if (queues == queues_.end()) return nullptr;
  const Queues::value_type* out = nullptr;
  for (const auto& entry : queues->second) {
    const bool older = out == nullptr || entry.second.begin()->first < out->second.begin()->first;
    if (entry.first.count > 1 && older) out = &entry;
  }
  return out == nullptr ? nullptr : &out->first;
}

void WaitingRoom::stir(const PoolName& pool) {
  if (queues_.contains(pool)) restless_.insert(pool);
}

std::vector<PoolName> WaitingRoom::pools() const {
  std::vector<PoolName> out;
  for (const auto& [pool, queues] : queues_) out.push_back(pool);
  return out;
}

std::uint64_t WaitingRoom::oldest(const PoolName& pool) const {
  std::uint64_t out = arrivals_;
  for (const auto& [need, queue] : queues_.at(pool)) out = std::min(out, queue.begin()->first);
  return out;
}

std::vector<PoolName> WaitingRoom::restless() const {
  std::vector<PoolName> out(restless_.begin(), restless_.end());
  if (out.size() < 2) return out;
  std::sort(out.begin(), out.end(),
            [this](const PoolName& a, const PoolName& b) { return oldest(a) < oldest(b); });
  return out;
}

std::vector<Group> WaitingRoom::groups(const PoolName& pool) const {
  std::vector<Group> out;
  const auto queues = queues_.find(pool);
  if (queues == queues_.end()) return out;
  std::vector<std::pair<std::uint64_t, const Queues::value_type*>> by_age;
  for (const auto& entry : queues->second) {
    by_age.emplace_back(entry.second.begin()->first, &entry);
  }
  std::sort(by_age.begin(), by_age.end());
  for (const auto& [age, entry] : by_age) out.push_back({entry->first, entry->second.size()});
  return out;
}

const WaitingRoom::Queue* WaitingRoom::find(const PoolName& pool, const Need& need) const {
  const auto queues = queues_.find(pool);
  if (queues == queues_.end()) return nullptr;
  const auto queue = queues->second.find(need);
  return queue == queues->second.end() ? nullptr : &queue->second;
}

WaitingRoom::Queue* WaitingRoom::find(const PoolName& pool, const Need& need) {
  return const_cast<Queue*>(std::as_const(*this).find(pool, need));
}

const Waiter* WaitingRoom::longest(const PoolName& pool, const Need& need) const {
  const Queue* const queue = find(pool, need);
  return queue == nullptr ? nullptr : &queue->begin()->second;
}

WaitingRoom::Queue WaitingRoom::take_all(const PoolName& pool, const Need& need) {
  const auto queues = queues_.find(pool);
  if (queues == queues_.end()) return {};
  const auto found = queues->second.find(need);
  if (found == queues->second.end()) return {};
  Queue queue = std::move(found->second);
  found->second.clear();
  for (const auto& [arrival, waiter] : queue) {
    left(waiter);
    place_.erase(waiter.caller);
  }
  drop_empty(pool, found);
  return queue;
}

std::size_t WaitingRoom::refuse(const PoolName& pool, const Need& need, const Refused& why,
                                Instant seen, std::optional<Instant> held_until) {
  Queue* const queue = find(pool, need);
  if (queue == nullptr) return 0;
  std::vector<CallerId> refused;
  auto next = queue->begin();
  for (; next != queue->end() && (!held_until || next->second.since <= seen); ++next) {
    refused.push_back(next->second.caller);
  }
  // The newest have not been looked at; whoever is held already need not be.
  for (auto newest = queue->end(); newest != next;) {
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
    for (const Group& group : groups(pool)) {
      answer_all(pool, group.need, [&](const Waiter&) { return Refused{reason, why}; });
    }
  }
}

void WaitingRoom::tell(const PoolName& pool, const Need& need, const Progress& progress) {
  Queue* const queue = find(pool, need);
  if (listeners_ == 0 || queue == nullptr) return;
  for (auto& [arrival, waiter] : *queue) {
    if (!waiter.wants_progress || waiter.told == progress) continue;
    waiter.told = progress;
    step_.act(Tell{waiter.caller, progress});
  }
}

}  // namespace cb::core
