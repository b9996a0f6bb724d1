#pragma once
// Rule 3: never two launches for one intent, and the intent is in the journal before the call;
// it goes to one of its pool's regions, and is the only one but where that cannot be asked;
// concurrent callers of a pool cause one launch, or where a worker takes a number of leases as many
// as they need, unless a warm window wants more; never more instances than max_workers, unknown
// outcomes counted; never more launches in an hour than allowed.

#include <map>
#include <set>

#include "sim/checkers/launch_memory.h"
#include "sim/checkers/needs.h"
#include "sim/checkers/warm_demand.h"

namespace cb::sim {

class OneLaunch : public Watcher {
 public:
  OneLaunch(const Ground& ground, const History& history, const SimStore& store,
            const WarmDemand& warm, const LaunchMemory& memory)
      : ground_(ground), history_(history), store_(store), warm_(warm), memory_(memory) {}

  void launch_called(const LaunchCall& call) override;
  void born(const Instance& instance) override;
  void committed(const std::vector<core::Change>& changes) override;
  void starting(Duration misjudged) override;
  void started(const BrokerStart& start) override;
  void journal_lost() override {
    births_.clear();
    intents_.clear();
  }

 private:
  void same_bytes(const LaunchCall& call) const;
  void intent_first(const LaunchCall& call) const;
  void where_it_is_looked_for(const LaunchCall& call) const;
  void nothing_unsettled(const LaunchCall& call) const;
  void nothing_on_its_way(const LaunchCall& call) const;
  void within_the_shortfall(const LaunchCall& call) const;
  std::vector<Kind> machines_coming(const LaunchCall& call) const;
  bool out_of_sight(const core::WorkerRecord& worker) const;
  bool one_has_it_alone(const InstanceId& id) const;
  bool serves_all(const PoolName& pool, const Kind& machine) const;
  void within_max_workers(const LaunchCall& call) const;
  bool wanted_warm(const LaunchCall& call) const;
  bool begins_anew(const Life& life) const;
  std::size_t counted() const;
  void within_the_hour(const LaunchCall& call);

  const Ground& ground_;
  const History& history_;
  const SimStore& store_;
  const WarmDemand& warm_;
  const LaunchMemory& memory_;
  Moment up_since_{};
  std::map<LaunchToken, Moment> intents_;  // when each was first in the journal
  std::set<LaunchToken> amid_changes_;     // decided in a turn in which the settings changed
  std::multiset<Moment> births_;           // when those that came to life were intended; of an hour
};

}  // namespace cb::sim
