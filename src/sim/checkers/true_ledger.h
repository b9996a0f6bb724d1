#pragma once
// Rule 6, the money: each line of the ledger has the launch and the end that EC2 billed, to the
// second. An end that EC2 does not date is the moment at which the broker first heard of it, by its
// own calendar. There is a line for nothing else.

#include <map>
#include <unordered_set>

#include "sim/checkers/history.h"
#include "sim/ec2.h"
#include "sim/sim_store.h"

namespace cb::sim {

class TrueLedger : public Watcher {
 public:
  TrueLedger(const Ground& ground, Ec2& ec2, const History& history, const SimStore& store)
      : ground_(ground), ec2_(ec2), history_(history), store_(store) {}

  void told(const core::Event& event) override;
  void committed(const std::vector<core::Change>& changes) override;
  void went_down() override;
  void finished() override;

 private:
  void judge(const Instance& instance) const;
  void shown_ending(const InstanceId& id);
  bool right_end(const Instance& instance, const core::LedgerRecord& written) const;
  void no_other_lines() const;

  const Ground& ground_;
  Ec2& ec2_;
  const History& history_;
  const SimStore& store_;
  std::unordered_set<InstanceId>
      just_told_;  // the broker was shown when it ended, and has not saved since
  std::unordered_set<InstanceId> told_end_;  // and has
  // By the broker's calendar, when its process first heard that it ends.
  std::map<InstanceId, WallTime> shown_;
};

}  // namespace cb::sim
