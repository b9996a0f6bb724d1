#pragma once
// The second phase: with nothing going wrong and nobody asking, the broker comes to rest. Every
// caller is answered, every instance has ended, and the journal holds nothing unfinished.

#include "sim/checkers/history.h"
#include "sim/cloud/ec2.h"
#include "sim/world/process.h"

namespace cb::sim {

class AtRest : public Watcher {
 public:
  AtRest(const Ec2& ec2, const History& history, const Process& process)
      : ec2_(ec2), history_(history), process_(process) {}

  void rested() override;

 private:
  const Ec2& ec2_;
  const History& history_;
  const Process& process_;
};

}  // namespace cb::sim
