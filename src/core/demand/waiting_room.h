#pragma once
// The callers that wait for a worker, in order of arrival within their pool.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "base/check.h"
#include "core/step/step.h"

namespace cb::core {

struct Waiter {
  CallerId caller;
  PoolName pool;
  Instant since;
  Duration patience{0};
  bool wants_progress = false;
  std::string client;
  std::optional<Progress> told;
  bool leased = false;  // in this and the next: as in GetWorker
  std::optional<Duration> hold{};
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
  // Those of which something may be new: all but those that are content, and not stirred since.
  const std::set<PoolName>& restless() const { return restless_; }
  // What they wait for is on its way, whatever happens elsewhere.
  void content(const PoolName& pool) { restless_.erase(pool); }
  void stir(const PoolName& pool);

  // Gives everyone who waits for `pool` what `answer(Waiter)` is for him, first come first. How
  // many.
  template <class AnswerFor>
  std::size_t answer_all(const PoolName& pool, AnswerFor&& answer) {
    const Queue queue = take_all(pool);
    for (const auto& [arrival, waiter] : queue) step_.act(Reply{waiter.caller, answer(waiter)});
    return queue.size();
  }
  // Who has waited longest for `pool`; null: nobody waits.
  const Waiter* longest(const PoolName& pool) const {
    const auto queue = queues_.find(pool);
    return queue == queues_.end() ? nullptr : &queue->second.begin()->second;
  }
  // Refuses who has waited since `seen` or before, and who has not the patience to wait until
  // `held_until`; unset: everyone. How many.
  std::size_t refuse(const PoolName& pool, const Refused& why, Instant seen,
                     std::optional<Instant> held_until);
  void refuse_everyone(RefusalReason reason, const std::string& why);
  // Removes the caller whose patience ended.
  std::optional<Waiter> out_of_patience(CallerId caller);
  // Tells each waiter of `pool` who wants to know, unless it was told just that.
  void tell(const PoolName& pool, const Progress& progress);
  bool anyone_wants_progress() const { return listeners_ != 0; }

 private:
  using Queue = std::map<std::uint64_t, Waiter>;
  void left(const Waiter& waiter);
  Queue take_all(const PoolName& pool);

  Step& step_;
  std::map<PoolName, Queue> queues_;
  std::set<PoolName> restless_;  // some of them
  std::unordered_map<CallerId, std::pair<PoolName, std::uint64_t>> place_;
  std::uint64_t arrivals_ = 0;
  std::size_t listeners_ = 0;
};

}  // namespace cb::core
