#pragma once
// Rule 6, the money: each line of the ledger has the launch and the end that EC2 billed, to the
// second. An end that EC2 does not date is the moment at which the broker first heard of it, by its
// own calendar. There is a line for nothing else. And who had it, what it was, why it ended and how
// often it was handed out are right in every line.

#include <map>
#include <unordered_set>

#include "sim/checkers/hand_outs.h"
#include "sim/checkers/history.h"
#include "sim/cloud/ec2.h"
#include "sim/world/sim_store.h"

namespace cb::sim {

class TrueLedger : public Watcher {
 public:
  TrueLedger(const Ground& ground, Ec2& ec2, const History& history, const SimStore& store,
             const HandOuts& hand_outs)
      : ground_(ground), ec2_(ec2), history_(history), store_(store), hand_outs_(hand_outs) {}

  void told(const core::Event& event) override;
  void committed(const std::vector<core::Change>& changes) override;
  void turned() override;
  void went_down() override;
  void journal_lost() override { reasons_.clear(); }
  void journal_restored(const core::Records&) override;
  void finished() override;

 private:
  void written(const core::LedgerRecord& line);
  void judge(const Instance& instance) const;
  void shown_ending(const InstanceId& id);
  bool right_end(const Instance& instance, const core::LedgerRecord& written) const;
  void no_other_lines() const;

  const Ground& ground_;
  Ec2& ec2_;
  const History& history_;
  const SimStore& store_;
  const HandOuts& hand_outs_;
  std::map<InstanceId, std::string> reasons_;  // of ends, as their workers' records have them
  std::vector<core::LedgerRecord> closed_;     // since the latest turn
  std::unordered_set<InstanceId>
      just_told_;  // the broker was shown when it ended, and has not saved since
  std::unordered_set<InstanceId> in_journal_;  // at one time
  std::unordered_set<InstanceId> told_end_;    // and has
  // By the broker's calendar, when its process first heard that it ends.
  std::map<InstanceId, WallTime> shown_;
};

}  // namespace cb::sim
