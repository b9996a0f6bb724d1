#pragma once
// The instances that we answer for, and which of them may be handed out.

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "base/check.h"
#include "core/step/step.h"

namespace cb::core {

// A record as saved, and what is known of the machine in this run only.
struct Worker {
  WorkerRecord record;
  bool ours = true;  // false: an untagged one that has not answered yet; not saved, never ended

  bool left_alone = false;  // it did not answer in time, and is not ours to end

  // EC2's view.
  InstanceState state = InstanceState::kPending;
  std::optional<Instant> running_since;
  std::optional<Instant> missing_since;  // first listing since EC2 last showed it that did not
  bool claimed = false;                  // its claim is renewed since our start
  bool tag_lost_told = false;            // somebody took our tag off it; said once
  std::optional<WallTime> seen_ended;    // first listing that showed it ending

  // Its service.
  bool confirmed = false;  // EC2 has shown it running since our start, or cannot be asked
  bool proven = false;     // its service answered since our start
  std::size_t failures = 0;
  std::optional<Instant> unreachable_since;
  bool out_of_reach = false;         // the latest failure was no answer at all, not even a refusal
  std::size_t probes_in_flight = 0;  // of connections only

  // What it is asked, one question at a time on a connection that is kept.
  struct Question {
    ProbeId probe;
    std::optional<Instant> asked;  // accepted, and asked since then
  };
  std::optional<Question> question;     // open
  bool connected = false;               // that connection is open, or may be
  std::optional<Instant> first_answer;  // the first of the two that make it ready
  std::optional<Instant> quiet_at;      // the latest answer that came at once, while it was ready
  std::size_t lost_in_a_row = 0;        // questions whose connection was lost, none answered since

  // Its end.
  bool end_confirmed = false;  // EC2 says that it is on its way; no longer counted
  std::size_t terminate_failures = 0;
  std::optional<CloudFailure> end_refusal;  // EC2's latest answer to its end, while it is a no
  std::string refusal_told;                 // the code of the refusal that was alerted last

  Instant coming_until{};  // while booting: how long callers wait for it
  std::uint64_t handed_out = 0;
  bool perhaps_used = false;      // by a client, in this run or before it
  std::optional<Instant> pinged;  // by its clients; after a restart its last use counts as one
  Instant last_used_saved{};      // what the journal has of record.last_used
  bool clock_recovered = false;  // record.last_used is that plus idle_save_interval, not a real use
  std::string indexed_address;   // worker_pool's own

  bool rising() const {
    return record.phase == WorkerPhase::kBooting || record.phase == WorkerPhase::kAdopting;
  }
  // Its service was gone: not handed out until it has shown that it is ready again.
  bool suspect() const { return record.doubted.has_value(); }
  const Serving& serving() const { return *record.serving; }
};

// How an instance leaves the pool.
enum class Leaving {
  kTerminated,  // EC2 says so, which is final
  kUnseen,      // EC2 does not know it; should it be shown again, it is ours as before
};

class WorkerPool {
 public:
  explicit WorkerPool(Step& step) : step_(step) {}

  Worker* find(const InstanceId& id);
  // The worker that now holds `address` and is not terminating.
  Worker* at_address(const std::string& address);
  const std::unordered_map<InstanceId, Worker>& all() const { return workers_; }
  std::vector<InstanceId> ids() const;  // sorted, so that runs repeat

  // Takes up a worker; the record is saved unless it is not ours (yet).
  Worker& add(Worker worker);
  // As add, for a worker that the journal holds already.
  Worker& restore(Worker worker);
  // Call after any change of a Worker; saves its record where `save` and it is ours.
  void changed(Worker& worker, bool save = true);
  void remove(const InstanceId& id, Leaving how);
  // Whether EC2 has called it terminated in this run: an older answer that arrives late is not
  // believed.
  bool ended_before(const InstanceId& id) const;
  // Why its end was wanted when EC2 no longer knew it; unset: it was not, or never was here.
  std::optional<std::string> end_wanted(const InstanceId& id) const;

  // A worker of `pool` that may be handed out now; the longest known first, so that others drain.
  Worker* ready(const PoolName& pool);
  // Whether a worker of `pool` is on its way and worth waiting for; which, when so.
  const Worker* coming(const PoolName& pool) const;
  // Instances that bill or may bill, as far as EC2 has told.
  std::size_t counted() const { return counted_; }
  std::size_t ending_unconfirmed() const { return ending_; }
  std::size_t unsettled() const { return unsettled_; }  // booting, adopting or terminating

  // Restarts the idle clock. Saved at once when the journal is idle_save_interval behind: recovery
  // adds that interval, so nobody's use is ever forgotten, and a busy worker costs one save in it.
  void touch(Worker& worker);
  Duration idle_limit(const Worker& worker) const;
  // A question that is open for longer than a prompt answer takes: it computes (or boots).
  bool silent(const Worker& worker) const;
  // In use for all we can know: its service computes, and whoever waits for that cannot ping.
  bool busy(const Worker& worker) const;
  // Ends the question and its connection.
  void hang_up(Worker& worker);
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
  };
  struct Left {
    Instant at;
    Leaving how;
    std::string end_reason;
  };
  struct Tally {
    bool counted = false, ending = false, unsettled = false;
  };
  static Tally tally(const Worker& worker);
  void save(Worker& worker);
  void count(const Tally& tally, int by);
  void index(Worker& worker);
  void unindex(const Worker& worker);
  bool may_be_handed_out(const Worker& worker) const;

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
