#pragma once
// Rule 11: what is launched is what should be. Spot before on-demand, the types in their order, and
// none before all that come before it were tried for these callers or were refused lately; nothing
// that was refused is asked for again before its memory ends (capacity, quota, denied); nothing
// while the breaker is open, or after a stop; and each launch is asked for again with its token,
// after its back-off, for somebody who waits, while it is young, and never after a mismatch.

#include <map>
#include <vector>

#include "sim/checkers/launch_memory.h"
#include "sim/checkers/warm_demand.h"

namespace cb::sim {

class LaunchOrder : public Watcher {
 public:
  LaunchOrder(const Ground& ground, const History& history, const SimStore& store,
              const LaunchMemory& memory, const WarmDemand& warm)
      : ground_(ground), history_(history), store_(store), memory_(memory), warm_(warm) {}

  void launch_called(const LaunchCall& call) override;
  void told(const core::Event& event) override;
  void hung_up(CallerId) override { left_ = ground_.now(); }
  void answered(CallerId, const core::Answer&) override { left_ = ground_.now(); }
  void starting(Duration misjudged) override {
    calendar_wrong_ = calendar_wrong_ || misjudged < Duration{0};
  }
  void commit_failed() override { failed_ = ground_.now(); }
  void went_down() override {
    calls_.clear();
    uncalled_.clear();
    unsent_.clear();
  }
  void turned() override;

 private:
  struct Calls {
    unsigned answers = 0;  // that left it open, to the process that runs
    std::optional<Moment> answered;
    unsigned short_ones = 0;  // pauses in a row, where longer ones were due
  };

  void backs_off(const LaunchCall& call, Calls& calls) const;
  void first(const LaunchCall& call) const;
  void again(const LaunchCall& call) const;
  void in_order(const LaunchCall& call, const core::Candidate& candidate) const;
  bool several_at_once(const PoolName& pool) const;
  std::string why_not_its_turn(const PoolName& pool, const core::Candidate& candidate,
                               const core::Need& need) const;
  void not_refused_lately(const LaunchCall& call, const core::Candidate& candidate) const;
  bool excused(const PoolName& pool, const core::Candidate& candidate) const;
  bool somebody_rises(const PoolName& pool) const;
  bool others_will_do(const core::AttemptRecord& record) const;
  Duration longest_delay(const LaunchToken& token, const Calls& calls) const;

  const Ground& ground_;
  const History& history_;
  const SimStore& store_;
  const LaunchMemory& memory_;
  const WarmDemand& warm_;
  std::unordered_map<LaunchToken, Moment> passed_over_;  // the latest time that its region was
  std::map<LaunchToken, Calls> calls_;
  std::map<LaunchToken, Moment> uncalled_;  // waited for since then
  std::map<LaunchToken, unsigned> unsent_;  // answers to calls that were not made
  std::optional<Moment> failed_;            // to be written: the journal, the latest time
  Moment left_{};                           // somebody has left the waiting room
  bool calendar_wrong_ = false;             // a reboot made something seem younger
};

}  // namespace cb::sim
