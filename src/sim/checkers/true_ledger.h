#pragma once
// Rule 6, the money: each line of the ledger has the launch and the end that EC2 billed, to the
// second.

#include <unordered_set>

#include "sim/checkers/history.h"
#include "sim/sim_store.h"

namespace cb::sim {

class TrueLedger : public Watcher {
 public:
  TrueLedger(const History& history, const SimStore& store) : history_(history), store_(store) {}

  void told(const core::Event& event) override;
  void committed(const std::vector<core::Change>& changes) override;
  void went_down() override { just_told_.clear(); }
  void finished() override;

 private:
  void judge(const Instance& instance) const;

  const History& history_;
  const SimStore& store_;
  std::unordered_set<InstanceId>
      just_told_;  // the broker was shown when it ended, and has not saved since
  std::unordered_set<InstanceId> told_end_;  // and has
};

}  // namespace cb::sim
