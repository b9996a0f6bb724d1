#pragma once
// Rule 6, the money: each line of the ledger has the launch and the end that EC2 billed, to the
// second.

#include <set>

#include "sim/checkers/history.h"
#include "sim/sim_store.h"

namespace cb::sim {

class TrueLedger : public Watcher {
 public:
  TrueLedger(const History& history, const SimStore& store) : history_(history), store_(store) {}

  void told(const core::Event& event) override;
  void started(const BrokerStart& start) override;
  void finished() override;

 private:
  void judge(const Instance& instance) const;

  const History& history_;
  const SimStore& store_;
  std::set<InstanceId> told_end_;  // the broker was shown when it ended
  std::set<InstanceId> lost_;      // of a journal that is gone
};

}  // namespace cb::sim
