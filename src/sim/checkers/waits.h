#pragma once
// Rule 12: nobody waits for nothing. At the end of each step every caller who waits has something
// to wait for: EC2's first listing, a worker on its way, an open launch, room that an end is
// making, the next try of what was refused before he came, when that is soon. Otherwise he is
// served or told why not in that very step: in particular when EC2 cannot be asked, when all is
// told to end, and when the broker stops. And what was found and may still boot is waited for:
// nothing is launched beside it.

#include <set>
#include <unordered_map>
#include <vector>

#include "sim/checkers/launch_memory.h"

namespace cb::sim {

class Waits : public Watcher {
 public:
  Waits(const Ground& ground, const History& history, const SimStore& store,
        const LaunchMemory& memory)
      : ground_(ground), history_(history), store_(store), memory_(memory) {}

  void asked(CallerId caller, const core::Request& request) override;
  void launch_called(const LaunchCall& call) override;
  void told(const core::Event& event) override;
  void committed(const std::vector<core::Change>& changes) override;
  void wall_jumped(Duration) override { calendar_wrong_ = true; }
  void started(const BrokerStart& start) override;
  void went_down() override;
  void turned() override;

 private:
  void judge(const PoolName& pool, const core::Need& need) const;
  bool on_its_way(const core::WorkerRecord& worker) const;
  bool coming(const PoolName& pool, const core::Need& need) const;
  bool room_is_made() const;
  bool a_place_is_given() const;
  bool all_in_use(const PoolName& pool, const core::Need& need) const;
  bool another_region_may_do(const PoolName& pool, const core::Need& need) const;
  bool waits_for_a_count(const PoolName& pool, const core::Need& need) const;
  bool waits_for_next_try(const core::GetWorker& get, const Waiting& waiting,
                          const LaunchMemory::Obstacle& why) const;

  const Ground& ground_;
  const History& history_;
  const SimStore& store_;
  const LaunchMemory& memory_;
  std::unordered_map<InstanceId, Moment> found_;  // by this process
  std::set<InstanceId> ends_;                     // EC2 said so to this process
  bool calendar_wrong_ = false;
  std::vector<CallerId> told_to_go_;  // by TERMINATE_ALL, since the latest turn
};

}  // namespace cb::sim
