#pragma once
// Launches: for each pool as many as its callers and windows lack. An intent is saved before the
// call; an outcome that is not known is asked for again with the same token, or looked up,
// and never guessed.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/prng.h"
#include "core/demand/waiting_room.h"
#include "core/demand/warm_rules.h"
#include "core/launch/launch_limits.h"
#include "core/launch/launch_plan.h"
#include "core/workers/terminations.h"

namespace cb::core {

// Why nothing is on its way for a pool.
struct NoLaunch {
  RefusalReason reason;
  std::string why;
  Instant seen{};                   // when that was last seen to be so
  std::optional<Instant> next_try;  // when it is tried again; unset: when somebody acts
  bool anew = false;  // who asked after `seen` may have it all tried anew, for himself
};

class Launcher {
 public:
  Launcher(Step& step, EncodeLaunch encode, WaitingRoom& waiting, WorkerPool& workers,
           Terminations& terminations, LaunchLimits& limits, WarmRules& warm)
      : step_(step),
        encode_(encode),
        waiting_(waiting),
        workers_(workers),
        terminations_(terminations),
        limits_(limits),
        warm_(warm) {}

  void restore(Records& records);

  // Those who need this have nothing on its way.
  struct Unlaunched {
    Need need;
    NoLaunch why;
  };
  // Callers wait for `pool`, whom no worker has room for: sees to it that as many are on their way
  // as they need, or as may be. Returns for whom none can be, and why: who asked before it was seen
  // should be told.
  std::vector<Unlaunched> ensure(const PoolName& pool);
  // The pool's warm window wants more workers than there are and those who wait cause: launches
  // what lacks, or as many as may be.
  void keep_warm(const PoolName& pool);
  // Nobody may need the worker, but without it there were fewer than its warm window wants. Of
  // those that are too many the ones go first that have the least of their lifetime left.
  bool keeps_warm(const Worker& worker) const;
  // So many workers boot for `pool`, or the calls that launch them are under way: ensure() does
  // nothing until one of these has changed (Step::stirred), unless EC2 is in trouble or the broker
  // stops.
  bool nothing_to_do(const PoolName& pool) const;
  // Nobody waits for `pool` any more: what is under way is finished, nothing further is tried.
  void unwanted(const PoolName& pool);
  // It is there, and somebody waits for it and for others at once: it is not idle.
  bool held_for_a_count(const Worker& worker) const;
  // Its idle time is over, and only its window keeps it: callers who lack its place get that.
  void kept_idle(const Worker& worker);
  // What a caller of `pool` who waits for `need` is told meanwhile.
  Progress progress(const PoolName& pool, const Need& need) const;
  // What became of machines that were launched for those who wait for `pool`, and that fit `need`;
  // empty: nothing that failed.
  std::string story(const PoolName& pool, const Need& need) const;

  void answered(const LaunchAnswered& answer);
  // The retry timer of an attempt.
  void retry(const LaunchToken& token);
  // It is known whose the keys are: what was held until then goes at once.
  void cloud_opened();
  // These intents could not be saved, so their calls were not made.
  void not_made(const std::vector<LaunchToken>& tokens);

  // A listing shows an instance that the pool does not know and that carries our name. True when
  // a launch of ours explains it (open or closed); the instance is then taken up or ended.
  bool claim(const InstanceView& view, const std::string& region);
  // A complete listing that began at `begun` has been gone through: attempts of unknown outcome
  // that it does not show and that are old enough are closed.
  void close_lost(const std::string& region, Instant begun);

  // A worker of ours became ready, or never will; `failure` says why in the cloud's classes.
  void boot_succeeded(const Worker& worker);
  void boot_failed(const Worker& worker, const CloudFailure& failure);
  // Somebody took it from us while it booted: neither it nor its kind is at fault.
  void taken_away(const Worker& worker, const std::string& how);

  // TERMINATE_ALL: no open attempt is wanted any more. Returns how many there were.
  std::size_t doom_all();
  // Adds the launches under way.
  void show(Overview& overview) const;
  std::string trouble(const PoolName& pool) const;
  std::size_t open() const { return attempts_.size(); }
  bool doomed_open() const;
  // The settings changed: forgets what was refused, and drops what was not asked of EC2 yet and
  // is no longer what the pool would launch.
  void try_anew();

  std::map<LaunchToken, AttemptRecord> attempts() const;
  const std::map<LaunchToken, ClosedAttempt>& closed() const { return closed_; }

 private:
  struct Attempt {
    AttemptRecord record;
    bool in_flight = false;
    bool held = false;  // until it is known whose the keys are
    unsigned sent = 0;  // calls made in this run
    std::optional<Instant> last_sent;
    std::optional<Instant> former_call;  // record.last_call before that one
    Instant uncertain_since{};  // the latest call that may have been made and has no answer
    unsigned failures = 0;      // in a row, for the back-off
    std::string last_trouble;
  };
  // What has been launched in vain for the callers who wait now.
  struct Search {
    std::map<Candidate, std::string> tried;  // and what became of it: not launched again for them
    std::vector<std::string> happened;       // through no fault of what was launched
    Instant latest{};
  };
  // What came of trying to begin a launch; neither: it has to wait, as those who want it do.
  struct Tried {
    bool begun = false;
    std::optional<NoLaunch> none{};
  };
  using Attempts = std::map<LaunchToken, Attempt>;

  Attempt& keep(Attempt attempt);
  void forget(Attempts::iterator attempt);
  const Attempt* under_way(const PoolName& pool, const Need& need) const;
  std::vector<LaunchToken> under_way_for(const PoolName& pool) const;
  bool awake(const Attempt& attempt) const;
  std::vector<Slot> coming(const PoolName& pool) const;
  std::vector<Slot> with_launches(const PoolName& pool) const;
  void add_launch(std::vector<Slot>& slots, const Attempt& attempt) const;
  Placement place(const PoolName& pool, std::vector<Slot> slots) const;
  // Whether a worker of that kind would be of use to somebody who waits for `pool`, or to its warm
  // window, beside what is on its way and sure to come: `launch` itself is not counted.
  bool lacks(const PoolName& pool, const Candidate& kind, const LaunchToken& launch) const;
  bool knows_what_there_is(const PoolName& pool) const;
  std::optional<std::string> waits_for_listing_of(const PoolName& pool, const Need& need) const;
  // Its EC2 cannot be asked: no launch there is waited for, and none is begun.
  bool cut_off(const std::string& region) const;
  // No region of the pool can be asked: the first one's trouble.
  std::optional<std::string> unreachable(const PoolName& pool) const;
  // One of its launches is looked for, and nothing else is launched meanwhile.
  std::optional<std::string> mismatch(const PoolName& pool) const;
  // Of the regions in which it may launch for `need`, one that cannot be asked is asked again.
  bool asked_anew(const PoolName& pool, const Need& need) const;
  bool unheard_of(const PoolName& pool, const std::string& region) const;
  // It answers listings, and no launch: for cloud_unreachable_patience, and until capacity_memory
  // after the latest.
  bool answers_no_launch(const std::string& region) const;
  // Nothing is begun there for `pool`, and what was is not waited for.
  bool passed_over(const PoolName& pool, const std::string& region) const;
  bool has_another(const PoolName& pool, const std::string& region) const;
  bool something_left_in(const PoolName& pool, const std::string& region) const;
  bool will_be_heard_of(const PoolName& pool, const Need& need) const;
  bool out_of_sight(const Worker& worker) const;
  const Worker* told_of(const PoolName& pool, const Need& need) const;
  void note_answer(const std::string& region, const LaunchResult& result);
  // Gives up the launches that EC2 has not heard of, where it cannot be asked.
  void leave_regions_that_are_cut_off(const PoolName& pool);
  Tried launch_one(const PoolName& pool, const Need& need, const std::string& why);
  std::vector<Unlaunched> launch_for(const PoolName& pool, Placement placed);
  std::vector<Unlaunched> nobody(const PoolName& pool, RefusalReason reason,
                                 const std::string& why) const;
  // The pool has fewer workers, and launches that are sure to come, than its warm window wants.
  bool warm_lacks(const PoolName& pool) const;
  std::optional<NoLaunch> launch_warm(const PoolName& pool);
  bool time_is_up(const Worker& worker) const;
  // Those who wait for `pool` lack so many workers, and no more may be: what only warm windows keep
  // gives them its place, by the idle rule, where none becomes free by itself.
  void make_room(const PoolName& pool, std::size_t workers);
  bool place_could_be_made(const PoolName& pool) const;
  bool could_give_its_place(const Worker& worker, const PoolName& to) const;
  // Forgets of those who give their places to callers of `pool` who does so no more.
  void keep_yielding(const PoolName& pool);
  // It has been asked to give its place to callers.
  bool yields(const Worker& worker) const;
  std::string why_not_warm(const PoolName& pool, const NoLaunch& none) const;
  NoLaunch now_and_until_somebody_acts(RefusalReason reason, std::string why) const;
  std::optional<NoLaunch> forbidden(const PoolName& pool) const;
  bool could_launch(const PoolName& pool, const Need& need) const;
  bool full(const PoolName& pool) const;
  bool pool_full(const PoolName& pool) const;  // by its own limit
  std::size_t open_of(const PoolName& pool) const;
  // All its workers are in use, and whoever waits may get one that is given back.
  bool in_use(const PoolName& pool, const Need& need) const;
  // So many workers end under the limit that `pool` has reached, or their launches are doomed.
  std::size_t places_soon(const PoolName& pool) const;
  std::string why_full(const PoolName& pool, const Need& need) const;
  std::string why_room_soon() const;
  std::string waits_for_what(const PoolName& pool, const Need& need) const;
  bool left_to_another_count(const PoolName& pool, const Need& need) const;
  std::string why_not_those_before(const PoolName& pool, const Need& need,
                                   const Candidate& candidate) const;
  static std::string why_mismatch(const LaunchToken& token);
  std::optional<Candidate> next_candidate(const PoolName& pool, const Need& need) const;
  // Every candidate is refused or was tried: says so of each.
  std::string why_passed_over(const std::string& region) const;
  NoLaunch nothing_left(const PoolName& pool, const Need& need) const;
  std::string said(const Refusal& refusal, const PoolName& pool, const Candidate& candidate) const;
  bool fits(const AttemptRecord& record) const;
  bool others_than(const PoolName& pool, const Candidate& candidate) const;
  bool in_other_regions(const PoolName& pool, const std::string& region) const;
  void begin(const PoolName& pool, const Candidate& candidate, const std::string& why);
  void send(Attempt& attempt);
  void send_again_later(Attempt& attempt, const std::string& trouble);
  void launched(Attempts::iterator attempt, const Launched& result);
  void failed(Attempts::iterator attempt, const CloudFailure& failure);
  // Remembers a refusal for just what it concerns.
  void react(const PoolName& pool, const Candidate& candidate, const CloudFailure& failure);
  void quota_reached(const PoolName& pool, const Candidate& candidate, const Refusal& refusal);
  void alert(const PoolName& pool, const Candidate& candidate, const CloudFailure& failure);
  // It was launched for those who wait, in vain; `why` is unset where nobody has said it.
  void note(const PoolName& pool, const Candidate& candidate,
            const std::optional<std::string>& why);
  void close(Attempts::iterator attempt, bool certainly_nothing);
  // `asked`: what EC2 shows of it, and what is known of its launch.
  const Worker& take_up(WorkerRecord asked);
  void late(const InstanceView& view, const std::string& region, const ClosedAttempt& closed);
  void mark_unknown(Attempt& attempt, bool mismatch);
  // "c7i.16xlarge spot", with its region where that is another than the broker's own.
  std::string name_of(const Candidate& candidate) const;
  static Candidate candidate_of(const AttemptRecord& record);
  void forget_old_closed();

  Step& step_;
  EncodeLaunch encode_;
  WaitingRoom& waiting_;
  WorkerPool& workers_;
  Terminations& terminations_;
  LaunchLimits& limits_;
  WarmRules& warm_;
  CapacityMemory capacity_;
  Attempts attempts_;
  std::map<PoolName, std::set<LaunchToken>>
      of_pool_;  // the same: each waiting pool asks for its own
  std::map<LaunchToken, ClosedAttempt> closed_;
  std::map<PoolName, Search> searches_;
  std::set<std::pair<Instant, InstanceId>> kept_idle_;  // by age; some may be so no more
  std::map<PoolName, std::set<InstanceId>> yielding_;   // to those who wait for it; none is empty
  std::map<PoolName, Refusal> blocks_;                  // of everything that the pool launches
  std::set<std::tuple<PoolName, std::string, std::string>> alerted_;  // of a region, codes
  std::map<PoolName, Duration> usual_boot_;
  Prng jitter_{0};
};

}  // namespace cb::core
