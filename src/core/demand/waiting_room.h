#pragma once
// The callers that wait for a worker, in order of arrival within their pool.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/check.h"
#include "core/demand/placement.h"
#include "core/model/need.h"
#include "core/step/step.h"

namespace cb::core {

struct Waiter {
  CallerId caller;
  PoolName pool;
  Need need{};
  Instant since;
  Duration patience{0};
  bool wants_progress = false;
  std::string client;
  std::optional<Progress> told;
  std::optional<Duration> hold{};  // of the lease
  ConnectionId connection{};
  std::optional<Instant> held_until{};  // for the next try: it is not refused before
};

class WaitingRoom {
 public:
  explicit WaitingRoom(Step& step) : step_(step) {}

  void add(Waiter waiter);
  // The caller hung up. False when it was not waiting.
  bool forget(CallerId caller);
  bool waits_for(const PoolName& pool) const;
  std::size_t waiting_for(const PoolName& pool) const;
  std::size_t size() const { return place_.size(); }
  std::vector<PoolName> pools() const;
  // Who waits for `pool`, by what they need: first whose oldest came first.
  std::vector<Group> groups(const PoolName& pool) const;
  // Somebody waits for several workers of `pool` at once, which stay until he has them all.
  bool counts_wait_for(const PoolName& pool) const { return oldest_count(pool) != nullptr; }
  // What the first of them needs; null: nobody does.
  const Need* oldest_count(const PoolName& pool) const;
  // Pools of which something may be new: all but those that are content, and not stirred since;
  // first whose oldest came first.
  std::vector<PoolName> restless() const;
  // What they wait for is on its way, whatever happens elsewhere.
  void content(const PoolName& pool) { restless_.erase(pool); }
  void stir(const PoolName& pool);

  // Gives everyone who waits for `pool` and needs just that what `answer(Waiter)` is for him, first
  // come first. How many.
  template <class AnswerFor>
  std::size_t answer_all(const PoolName& pool, const Need& need, AnswerFor&& answer) {
    const Queue queue = take_all(pool, need);
    for (const auto& [arrival, waiter] : queue) step_.act(Reply{waiter.caller, answer(waiter)});
    return queue.size();
  }
  // Who of them has waited longest; null: nobody waits.
  const Waiter* longest(const PoolName& pool, const Need& need) const;
  // Refuses who of them has waited since `seen` or before, and who has not the patience to wait
  // until `held_until`; unset: everyone. How many.
  std::size_t refuse(const PoolName& pool, const Need& need, const Refused& why, Instant seen,
                     std::optional<Instant> held_until);
  void refuse_everyone(RefusalReason reason, const std::string& why);
  // Removes the caller whose patience ended.
  std::optional<Waiter> out_of_patience(CallerId caller);
  // Tells each of them who wants to know, unless it was told just that.
  void tell(const PoolName& pool, const Need& need, const Progress& progress);
  bool anyone_wants_progress() const { return listeners_ != 0; }

 private:
  using Queue = std::map<std::uint64_t, Waiter>;  // by arrival
  using Queues = std::map<Need, Queue>;           // none of them is empty, nor is the map
  struct Place {
    Queues::iterator queue;
    std::uint64_t arrival;
  };
  bool is_served_with_others(const Waiter& waiter) const;
  void left(const Waiter& waiter);
  void drop_empty(const PoolName& pool, Queues::iterator queue);
  Queue take_all(const PoolName& pool, const Need& need);
  Queue* find(const PoolName& pool, const Need& need);
  const Queue* find(const PoolName& pool, const Need& need) const;
  std::uint64_t oldest(const PoolName& pool) const;

  Step& step_;
  std::map<PoolName, Queues> queues_;
  std::set<PoolName> restless_;  // some of them
  std::unordered_map<CallerId, Place> place_;
  std::uint64_t arrivals_ = 0;
  std::size_t listeners_ = 0;
};

}  // namespace cb::core
