#pragma once
// The instances that we answer for, and which of them may be handed out. A worker is read by
// everybody and changed here only, so that no index and no record in the journal is forgotten.

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "base/check.h"
#include "core/model/need.h"
#include "core/step/step.h"
#include "core/workers/worker.h"

namespace cb::core {

// How an instance leaves the pool.
enum class Leaving {
  kTerminated,  // EC2 says so, which is final
  kUnseen,      // EC2 does not know it; should it be shown again, it is ours as before
};

// Whether a change is in the journal before this step's actions begin, or goes there with the next
// change that is (a restart then learns it anew: from a listing, or a probe).
enum class Save { kNow, kLater };

class WorkerPool {
 public:
  explicit WorkerPool(Step& step) : step_(step) {}

  const Worker* find(const InstanceId& id) const;
  // The worker that now holds `address` and is not terminating.
  const Worker* at_address(const std::string& address) const;
  const std::unordered_map<InstanceId, Worker>& all() const { return workers_; }
  std::vector<InstanceId> ids() const;  // sorted, so that runs repeat

  // What `view` says of an instance that is new to us, as a record that begins now. What was asked
  // for is better known from its launch, where there is one.
  WorkerRecord first_record(const InstanceView& view, const std::string& region) const;
  // Takes up a worker; the record is saved unless it is not ours (yet).
  const Worker& add(Worker worker);
  // As add, for a worker that the journal holds already.
  const Worker& restore(Worker worker, Save save);
  // Calls `change(Worker&)`. What the table of transitions does not allow is a CHECK. A record that
  // is not ours is not saved.
  template <class Change>
  void update(const Worker& worker, Change&& change, Save save) {
    Worker& mine = own(worker);
    const Life before = life_of(mine.record);
    unindex(mine);
    change(mine);
    CHECK(may_become(before, life_of(mine.record)));
    index(mine);
    if (save == Save::kNow) save_record(mine);
  }
  // Its service has shown that it is ready: for the first time, or again. From now on it is ours.
  void become_ready(const Worker& worker);
  // Its service is gone since `since`, or its machine starts anew, which takes no longer than a
  // boot: until then callers wait for it.
  void become_suspect(const Worker& worker, Instant since, Save save);
  // It is to end, or ends by itself; `reason` is kept.
  void become_terminating(const Worker& worker, const std::string& reason);
  void remove(const InstanceId& id, Leaving how);
  // Whether EC2 has called it terminated in this run: an older answer that arrives late is not
  // believed.
  bool ended_before(const InstanceId& id) const;
  // Why its end was wanted when EC2 no longer knew it; unset: it was not, or never was here.
  std::optional<std::string> end_wanted(const InstanceId& id) const;

  bool may_be_handed_out(const Worker& worker) const;
  // One of `pool` that may be handed out now and has room for `need` (one of its count). For a mere
  // use the longest known that nobody has alone, for a lease the one with the least room left, so
  // that others drain. Nothing is given to one alone while the journal cannot be written.
  const Worker* with_room(const PoolName& pool, const Need& need) const;
  // All that have, each as often as it has room for it, where it is parted by cores; `most` at
  // most.
  std::vector<const Worker*> with_room_for_all(const PoolName& pool, const Need& need,
                                               std::size_t most) const;
  // All that have room for anything; none while what is given to one alone cannot be written.
  std::vector<const Worker*> with_room_left(const PoolName& pool) const;
  // Whether it has room for `need`, be it ready or not.
  bool takes(const Worker& worker, const Need& need) const;
  // Places for leases that are left on it; kAnyNumber: no limit.
  std::size_t room(const Worker& worker) const;
  // The leases on it are others now.
  void leases_changed(const Worker& worker);
  // The workers of `pool` that are on their way and worth waiting for.
  std::vector<const Worker*> coming(const PoolName& pool) const;
  // Instances that bill or may bill, as far as EC2 has told.
  std::size_t counted() const { return counted_; }
  std::size_t counted_of(const PoolName& pool) const;
  // Those of it that serve, or will: neither ending nor of what is no longer configured.
  std::size_t staying_of(const PoolName& pool) const;
  bool stays(const Worker& worker) const;
  // That may be handed out, if they have room, to one with that need.
  std::size_t ready_of(const PoolName& pool, const Need& need) const;
  std::size_t ending_unconfirmed() const { return ending_; }
  // It is one of those.
  bool ends_unconfirmed(const Worker& worker) const { return tally(worker).ending; }
  std::size_t ending_of(const PoolName& pool) const;
  std::size_t unsettled() const { return unsettled_; }  // booting, adopting or terminating

  // Restarts the idle clock. Saved at once when the journal is idle_save_interval behind: recovery
  // adds that interval, so nobody's use is ever forgotten, and a busy worker costs one save in it.
  void touch(const Worker& worker);
  Duration idle_limit(const Worker& worker) const;
  // A question that is open for longer than a prompt answer takes: it computes (or boots).
  bool silent(const Worker& worker) const;
  // In use for all we can know: its service computes, and whoever waits for that cannot ping.
  bool busy(const Worker& worker) const;
  // Whether nobody has it, as far as anybody said: no lease, no use by others, and not busy.
  bool nobodys(const Worker& worker) const;
  // Nobody has it, as far as anybody said; without a lease only a shared one can be used.
  bool free_for_one_alone(const Worker& worker) const;
  // Ends the question and its connection.
  void hang_up(const Worker& worker);
  // While a lease is on it, one idle limit from now.
  Instant idle_deadline(const Worker& worker) const;
  void reconsider_all();  // the settings changed

  // Whether its pool would launch just this: judged by what was asked for, never by what EC2 made
  // of it (an image that is given by a name comes as an id).
  bool configured(const WorkerRecord& record) const;
  // Fills in what an older journal, or an instance that was found, does not say, and lets time
  // limits follow the settings of its pool while that is configured. True when it changed.
  bool follow_settings(WorkerRecord& record) const;
  LedgerRecord ledger_line(const Worker& worker) const;

 private:
  struct Index {
    std::set<std::pair<Instant, InstanceId>> ready;
    std::set<InstanceId> coming;
    // Of `ready` those that take another lease, by the room that is left, the least first; of the
    // same the longest known.
    std::set<std::tuple<std::size_t, Instant, InstanceId>> room;
    std::size_t counted = 0, staying = 0, ending = 0;
  };
  struct Left {
    Instant at;
    Leaving how;
    std::string end_reason;
  };
  struct Tally {
    bool counted = false, ending = false, unsettled = false, staying = false;
  };
  Tally tally(const Worker& worker) const;
  // Every Worker that anybody reads is one of workers_, and none of these is const.
  static Worker& own(const Worker& worker) { return const_cast<Worker&>(worker); }
  void save_record(Worker& worker);
  void count(const Tally& tally, int by);
  void index(Worker& worker);
  bool worth_waiting_for(const Worker& worker) const;
  // Calls `take(worker, how many times it has room)`, in the order of with_room(), while it says
  // true.
  template <class Take>
  void each_with_room(const PoolName& pool, const Need& need, Take&& take) const;
  void unindex(const Worker& worker);

  Step& step_;
  std::unordered_map<InstanceId, Worker> workers_;
  std::unordered_map<InstanceId, Tally> tallies_;
  std::map<PoolName, Index> indices_;
  std::unordered_map<std::string, InstanceId> addresses_;
  std::unordered_map<InstanceId, Left> left_;
  std::deque<std::pair<Instant, InstanceId>> left_order_;
  std::size_t counted_ = 0, ending_ = 0, unsettled_ = 0;
};

}  // namespace cb::core
