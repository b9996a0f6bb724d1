#pragma once
// Rule 4: no instance is billed for longer than the stated bound without a caller or a launch
// behind it (checkers/bounds.h); reports the worst.

#include <map>
#include <set>

#include "sim/checkers/excuses.h"
#include "sim/checkers/history.h"
#include "sim/ec2.h"

namespace cb::sim {

class Orphans : public Watcher {
 public:
  Orphans(Ground& ground, const Ec2& ec2, const History& history, const Excuses& excuses)
      : ground_(ground), ec2_(ec2), history_(history), excuses_(excuses) {}

  void asked(CallerId caller, const core::Request& request) override;
  void answered(CallerId, const core::Answer&) override { refresh(); }
  void hung_up(CallerId) override { refresh(); }
  void cut(CallerId) override { refresh(); }
  void committed(const std::vector<core::Change>& changes) override;
  void journal_lost() override { adopted_.clear(); }
  void ended(const Instance& instance) override;

 private:
  void refresh();
  bool awaited(const Life& life) const;

  Ground& ground_;
  const Ec2& ec2_;
  const History& history_;
  const Excuses& excuses_;
  std::set<InstanceId> adopted_;         // after their journal was lost
  std::map<InstanceId, Moment> needed_;  // last time that somebody was behind it
};

}  // namespace cb::sim
