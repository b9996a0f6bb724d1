#pragma once
// Launches: one at a time for each pool, whatever the number of callers. An intent is saved before
// the call; an outcome that is not known is asked for again with the same token, or looked up,
// and never guessed.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/prng.h"
#include "core/broker.h"
#include "core/endings.h"
#include "core/launch_plan.h"
#include "core/spending.h"
#include "core/waiting_room.h"

namespace cb::core {

class Launcher {
 public:
  Launcher(Desk& desk, EncodeLaunch encode, WaitingRoom& waiting, WorkerPool& workers,
           Endings& endings, Spending& spending)
      : desk_(desk),
        encode_(encode),
        waiting_(waiting),
        workers_(workers),
        endings_(endings),
        spending_(spending) {}

  void restore(Records& records);

  // Callers wait for `pool` and no worker is ready: sees to it that one is on its way. Returns why
  // that cannot be, in which case the callers should be told.
  std::optional<std::string> ensure(const PoolName& pool);
  // Nobody waits for `pool` any more: what is under way is finished, nothing further is tried.
  void unwanted(const PoolName& pool) { quests_.erase(pool); }
  // What a waiting caller of `pool` is told meanwhile.
  Progress progress(const PoolName& pool) const;

  void answered(const LaunchAnswered& answer);
  // The retry timer of an attempt.
  void retry(const LaunchToken& token);
  // These intents could not be saved, so their calls were not made.
  void not_made(const std::vector<LaunchToken>& tokens);

  // A listing shows an instance that the pool does not know and that carries our name. True when
  // a launch of ours explains it (open or closed); the instance is then taken up or ended.
  bool claim(const InstanceView& view);
  // A complete listing that began at `begun` has been gone through: attempts of unknown outcome
  // that it does not show and that are old enough are closed.
  void close_lost(Instant begun);

  // A worker of ours became ready, or never will; `failure` says why in the cloud's classes.
  void boot_succeeded(const Worker& worker);
  void boot_failed(const Worker& worker, const CloudFailure& failure);

  // TERMINATE_ALL: no open attempt is wanted any more. Returns how many there were.
  std::size_t doom_all();
  // Adds the launches under way, and what forbids further ones.
  void show(Overview& overview) const;
  std::size_t open() const { return attempts_.size(); }
  bool doomed_open() const;
  // Forgets what was refused: the settings changed.
  void try_anew();

  std::map<LaunchToken, AttemptRecord> attempts() const;
  const std::map<LaunchToken, ClosedAttempt>& closed() const { return closed_; }

 private:
  struct Attempt {
    AttemptRecord record;
    bool in_flight = false;
    unsigned sent = 0;  // calls made in this run
    std::optional<Instant> last_sent;
    Instant uncertain_since{};  // the latest call that may have been made and has no answer
    unsigned failures = 0;      // in a row, for the back-off
    std::string last_trouble;
  };
  // What has been tried for the callers who wait now.
  struct Quest {
    std::set<Candidate> tried;
    std::vector<std::string> failures;
  };
  struct Block {
    std::string why;
    Instant until;
  };
  using Attempts = std::map<LaunchToken, Attempt>;

  Attempt* under_way(const PoolName& pool);
  std::optional<std::string> forbidden(const PoolName& pool) const;
  bool full() const;
  bool room_soon() const;
  std::string why_full() const;
  std::optional<Candidate> next_candidate(const PoolName& pool, Quest& quest);
  void begin(const PoolName& pool, const Candidate& candidate);
  void send(Attempt& attempt);
  void send_again_later(Attempt& attempt, const std::string& trouble);
  void launched(Attempts::iterator attempt, const Launched& result);
  void failed(Attempts::iterator attempt, const CloudFailure& failure);
  void react(const PoolName& pool, const Candidate& candidate, const CloudFailure& failure);
  void alert(const PoolName& pool, const Candidate& candidate, const CloudFailure& failure);
  void note(const PoolName& pool, const Candidate& candidate, const std::string& why);
  void close(Attempts::iterator attempt, bool certainly_nothing);
  Worker& take_up(const InstanceView& view, const PoolName& pool, const LaunchToken& token,
                  Instant begun);
  void late(const InstanceView& view, const PoolName& pool, const LaunchToken& token);
  void mark_unknown(Attempt& attempt, bool mismatch);
  Candidate candidate_of(const AttemptRecord& record) const;
  void forget_old_closed();

  Desk& desk_;
  EncodeLaunch encode_;
  WaitingRoom& waiting_;
  WorkerPool& workers_;
  Endings& endings_;
  Spending& spending_;
  CapacityMemory capacity_;
  Attempts attempts_;
  std::map<LaunchToken, ClosedAttempt> closed_;
  std::map<PoolName, Quest> quests_;
  std::map<PoolName, Block> blocks_;
  std::map<PoolName, Duration> usual_boot_;
  Prng jitter_{0};
};

}  // namespace cb::core
