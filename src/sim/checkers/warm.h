#pragma once
// Rule 19: a warm window has its workers. As many as it wants are there or on their way soon after
// it begins to want them, and ready when a launch and a boot and half a minute are over, unless
// something stands in the way; none of them is ended for want of use, unless callers lack its place
// under max_workers, who are not refused for it; none is launched beyond what it wants, and none
// after a TERMINATE_ALL within it, which the journal remembers; and `pools` says so.

#include <map>
#include <optional>
#include <set>

#include "sim/checkers/launch_memory.h"
#include "sim/checkers/warm_demand.h"

namespace cb::sim {

class Warm : public Watcher {
 public:
  Warm(Ground& ground, const History& history, const SimStore& store, const LaunchMemory& memory,
       const WarmDemand& demand)
      : ground_(ground), history_(history), store_(store), memory_(memory), demand_(demand) {}

  void asked(CallerId caller, const core::Request& request) override;
  void answered(CallerId caller, const core::Answer& answer) override;
  void launch_called(const LaunchCall& call) override;
  void told(const core::Event& event) override;
  void committed(const std::vector<core::Change>& changes) override;
  void turned() override;
  void went_down() override;

 private:
  std::size_t open_launches(const PoolName& pool, const LaunchToken& but) const;
  bool hindered(const PoolName& pool) const;
  void has_enough(const PoolName& pool);
  void has_them_ready(const PoolName& pool);
  void judge_end(const core::WorkerRecord& record);
  bool gives_its_place() const;
  const core::WorkerRecord* kept_for_nobody() const;
  void nobody_lacks_its_place();
  void judge_row(const core::PoolRow& row) const;

  Ground& ground_;
  const History& history_;
  const SimStore& store_;
  const LaunchMemory& memory_;
  const WarmDemand& demand_;
  std::set<PoolName> waited_;                 // for, at any time since the latest turn
  std::map<PoolName, std::size_t> stayed_;    // workers, when it was over
  std::map<PoolName, std::size_t> ended_;     // as idle, since then
  std::map<PoolName, Moment> short_since_;    // fewer than wanted, and nothing in the way
  std::map<PoolName, Moment> unready_since_;  // likewise, of those that serve
  std::optional<Moment> in_the_way_since_;    // callers lack a place that only a window keeps
  std::map<PoolName, Moment> troubled_;       // the latest launch that failed, or boot
  std::set<InstanceId> ends_;                 // that were judged
  bool all_told_ = false;                     // to end, since the latest turn
};

}  // namespace cb::sim
