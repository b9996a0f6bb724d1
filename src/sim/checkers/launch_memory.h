#pragma once
// What the process that runs has been told of its launches: what was refused, when and why, and how
// many boots failed in a row. It judges nothing.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/launch/capacity_memory.h"
#include "sim/checkers/cloud_memory.h"
#include "sim/checkers/history.h"
#include "sim/world/sim_store.h"

namespace cb::sim {

class LaunchMemory : public Watcher {
 public:
  LaunchMemory(const Ground& ground, const History& history, const SimStore& store,
               const CloudMemory& cloud)
      : ground_(ground), history_(history), store_(store), cloud_(cloud) {}

  const CloudMemory& cloud() const { return cloud_; }

  struct Refusal {
    PoolName pool;
    core::Candidate candidate;
    core::CloudFailure failure;
    Moment at{};
    bool by_launch = false;  // the answer to a launch, and not what became of an instance
  };
  // One candidate that was tried for the callers of a pool who wait now.
  struct Tried {
    core::Candidate candidate;
    std::string why;  // what became of it; empty: it was only begun, or refused
    Moment at{};
  };
  // Boots that failed in a row. Not every one is certain to count: while listings fail it does not.
  struct Breaker {
    std::size_t least = 0, most = 0;
    std::optional<Moment> least_since, most_since;  // open since, when at the limit
    std::string last;
  };

  const std::vector<Tried>& tried(const PoolName& pool) const;
  // What somebody did to machines that booted for them.
  const std::vector<std::string>& taken_away(const PoolName& pool) const;
  // All that stood in the way of `candidate` for `pool`, the oldest first.
  std::vector<const Refusal*> against(const PoolName& pool, const core::Candidate& candidate) const;
  // It is believed until then.
  Moment until(const Refusal& refusal) const;
  // Whether it was refused, and that was still remembered when those who wait for `pool` came.
  bool refused_for(const PoolName& pool, const core::Candidate& candidate) const;
  // Of everything that the pool launches; null: none.
  const Refusal* block(const PoolName& pool) const;
  // Why nothing is launched for `pool` now, and when that ends by itself.
  struct Obstacle {
    Moment seen, until;
  };
  std::vector<Obstacle> obstacles(const PoolName& pool, const core::Need& need) const;
  // The first moment at which one of its candidates is free, and when the last of them was refused;
  // unset: one is free.
  std::optional<Obstacle> nothing_left(const PoolName& pool, const core::Need& need) const;
  // How boots ended is read in the journal: unset, once that could not be written.
  std::optional<Breaker> breaker(const PoolName& pool) const;

  bool stopping() const { return stopping_; }
  std::optional<Moment> all_ended() const {
    return all_ended_;
  }  // the latest time that it was told
  // The journal, at some time, by this process.
  bool unwritten() const { return unwritten_; }
  // Nothing is begun in that region for `pool`, nor waited for: it cannot be asked, or does not
  // answer launches, or has not been heard of since the start, where another does and has.
  bool passed_over(const PoolName& pool, const std::string& region) const;
  bool something_left_in(const PoolName& pool, const std::string& region) const;
  // As many launches were called as EC2 takes at once, and the next one was not due `late` ago.
  bool paced(Duration late) const;
  Moment started_at() const { return started_; }
  core::Candidate candidate(const LaunchCall& call) const;
  // As the broker names it: with its region, where that is another than its own.
  static std::string name_of(const core::Settings& settings, const core::Candidate& candidate);
  // What may be launched for that need of a pool, in order: each type on spot, then the first one
  // on demand; or each type in the one market that the pool allows; and then in its next region.
  static std::vector<core::Candidate> plan(const core::Settings& settings,
                                           const core::PoolSettings& pool, const core::Need& need);

  void asked(CallerId caller, const core::Request& request) override;
  void launch_called(const LaunchCall& call) override;
  void told(const core::Event& event) override;
  void committed(const std::vector<core::Change>& changes) override;
  void commit_failed() override { unwritten_ = true; }
  void started(const BrokerStart& start) override;
  void went_down() override;

 private:
  void launch_refused(const LaunchToken& token, const core::CloudFailure& failure);
  void boot_over(const core::WorkerRecord& record);
  void count(Breaker& breaker, const core::WorkerRecord& record);
  void remember(Refusal refusal);
  bool refuse_subnet(const Refusal& refusal);
  bool refuse_region(const Refusal& refusal);

  const Ground& ground_;
  const History& history_;
  const SimStore& store_;
  const CloudMemory& cloud_;
  std::map<PoolName, std::vector<Tried>> tried_;
  std::map<PoolName, std::vector<std::string>> taken_away_;
  std::vector<Refusal> refusals_;    // of candidates
  std::map<PoolName, Moment> came_;  // the first of those who wait now
  std::map<PoolName, Refusal> blocks_;
  std::map<PoolName, Breaker> breakers_;
  std::unordered_map<LaunchToken, std::pair<PoolName, core::Candidate>> launches_;  // ever seen
  std::set<LaunchToken> called_;
  std::vector<Moment> calls_;  // of them all
  std::unordered_map<InstanceId, core::WorkerPhase> phases_;
  bool stopping_ = false;
  bool unwritten_ = false;  // at some time, by this process
  std::optional<Moment> all_ended_;
  Moment started_{};
};

}  // namespace cb::sim
